"""Build README.md and the docs site in _docs/ from the notebooks, without a network.

nbdev prepares the pages, docs_pages.py adds what is made from the code, and smalldocs renders them; a broken link is
an error. With --check only _docs/ is written, and a README.md that is out of date is an error too. With --quarto,
Quarto renders the same pages."""
import argparse, json, os, re, shutil, subprocess, sys
from base64 import b64decode
from difflib import unified_diff
from pathlib import Path
import yaml
import nbdev.processors, nbdev.showdoc
from nbdev.config import get_config
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs.config import BuildError, ConfigError, load
from smalldocs.site import Site
import docs_pages

link = re.compile(r'(\]\()(?![a-z]+:|[/#])([^)\s]+\.ipynb)')   # a relative link to a notebook

def plain(name): return re.sub(r'^\d+[a-z]?_', '', name)   # 01_lora.ipynb -> lora.ipynb, the name nbdev links to

def local(text, page, cfg):
    "Links to the published site become links inside this one"
    site = re.escape(cfg.doc_host + cfg.doc_baseurl) + '/'
    up = '../' * (len(page.parts) - 1)
    return re.sub(site + r'(?=[\w/]+\.html)', up, text)

def page_of(f, name, cfg):
    "The text of a processed notebook as the site takes it"
    text = local(re.sub(r'output-file: [^\\]*\\n', '', f.read_text()), name, cfg)
    text = re.sub(r'\[(`(?:\w+\.)*_\w+`)\]\([^)]+\)', r'\1', text)   # a private name has no place to link to
    nb = json.loads(link.sub(lambda m: m[1] + re.sub(r'[^/]+$', lambda n: plain(n[0]), m[2]), text))
    nb['cells'] = docs_pages.source_last([c for c in nb['cells'] if not docs_pages.unseen(c)])
    for c in nb['cells']: docs_pages.fold_test(c)
    return json.dumps(nb)

def stage(proc, dest, cfg):
    "Copy the processed notebooks under the names that nbdev's links use"
    shutil.rmtree(dest, ignore_errors=True)
    for f in sorted(proc.rglob('*')):
        if f.is_dir() or '_docs' in f.parts: continue
        name = f.relative_to(proc).with_name(plain(f.name))
        d = dest/name
        d.parent.mkdir(parents=True, exist_ok=True)
        if d.exists(): sys.exit(f'{f.relative_to(proc)}: another page has the same name without its number')
        if f.suffix == '.ipynb': d.write_text(page_of(f, name, cfg))
        else: shutil.copy2(f, d)
    side = dest/'sidebar.yml'
    side.write_text(re.sub(r'(\b\d+[a-z]?_)(?=\w+\.ipynb)', '', side.read_text()))
    return dest

def made_pages(dest, cfg):
    "Pages that are made from the modules and from the files at the top of the project"
    from diffinterp.cli import _make_parser
    rooms = [plain(f.name)[:-6] for f in sorted(cfg.nbs_path.glob('[0-9]*.ipynb'))]
    shown = {m: set(re.findall(r'#{2,4} ([\w.]+)\\n', (dest/f'{m}.ipynb').read_text())) for m in rooms}
    (dest/'api.md').write_text(docs_pages.api_page(shown, cfg.lib_name))
    (dest/'options.md').write_text(docs_pages.options_page(_make_parser()))
    for name in 'CONTRIBUTING', 'CHANGELOG':
        text = (cfg.config_path/f'{name}.md').read_text()
        title, body = re.match(r'# ([^\n]*)\n(.*)', text, flags=re.S).groups()
        body = re.sub(r'\]\(nbs/([^)]+)\)', lambda m: f"]({re.sub(r'[^/]+$', lambda n: plain(n[0]), m[1])})", body)
        (dest/f'{name.lower()}.md').write_text(f'---\ntitle: {title}\n---\n{body}')

def readme(nb, folder):
    "The processed index notebook as GitHub markdown; its pictures as {path: bytes}, for GitHub shows none that is inside the text"
    out, pictures = [], {}
    for c in json.loads(nb.read_text())['cells']:
        src = ''.join(c['source']).strip()
        if c['cell_type'] == 'raw':
            fm = yaml.safe_load(src.strip('-\n'))
            out += [f"# {fm['title']}", fm.get('description', '')]
        elif c['cell_type'] == 'markdown': out.append(re.sub(r'^:::.*\n?', '', src, flags=re.M))
        else:
            whole, quiet = src, re.search(r'^#\| *echo: *false', src, flags=re.M)
            src = re.sub(r'^#\|.*\n?', '', src, flags=re.M)
            if src and not quiet: out.append(f'```python\n{src}\n```')
            for o in c['outputs']:
                data = o.get('data', {})
                md, txt = data.get('text/markdown'), o.get('text') or data.get('text/plain', '')
                if 'image/png' in data:
                    f = f'{folder}/readme-{len(pictures)+1}.png'
                    pictures[f] = b64decode(''.join(data['image/png']))
                    alt = re.search(r'^#\| *fig-alt: *"?(.*?)"?$', whole, flags=re.M)
                    out.append(f"![{alt[1] if alt else ''}]({f})")
                elif md: out.append(''.join(md).strip())
                elif txt: out.append('    ' + ''.join(txt).rstrip().replace('\n', '\n    '))
    cfg = get_config()
    text = link.sub(rf'\1{cfg.nbs_path.name}/\2', '\n\n'.join(o for o in out if o).strip()) + '\n'
    rooms = {plain(f.name)[:-6]: f.name for f in cfg.nbs_path.glob('*.ipynb')}   # GitHub shows the notebooks themselves
    return re.sub(rf'{re.escape(cfg.doc_host + cfg.doc_baseurl)}/(\w+)\.html[^)]*',
                  lambda m: f'{cfg.nbs_path.name}/{rooms[m[1]]}', text), pictures

def differs(new, f):
    "Print how `f` is not `new`"
    old = f.read_text() if f.exists() else ''
    if old == new: return False
    print(f'{f.name} does not match {get_config().readme_nb}. Run scripts/docs.sh and commit {f.name}:')
    print('\n'.join(unified_diff(old.splitlines(), new.splitlines(), 'now', 'should be', n=1, lineterm='')))
    return True

def smalldocs(folder):
    "Render the pages; True if something is wrong with them"
    site = Site(load(folder), quiet=True)
    try: site.build()
    except (BuildError, ConfigError) as e: sys.exit(f'smalldocs: {e}')
    for f in site.out.rglob('*.html'): f.write_text(docs_pages.mathml(f.read_text()))
    print('\n'.join([*site.warnings, f'{len(site.pages)} pages, {len(site.warnings)} things to look at']))
    return bool(site.warnings)

def quarto(site):
    "Render the pages with Quarto; True if something is wrong"
    if not shutil.which('quarto'): sys.exit('quarto is not installed; without --quarto the site is built without it')
    return bool(subprocess.run(['quarto', 'render', str(site), '--no-execute', '-M', 'html-math-method:mathml']).returncode)

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--check', action='store_true', help='write only _docs/; fail if README.md is out of date')
    p.add_argument('--quarto', action='store_true', help='render with Quarto, if it is installed')
    a = p.parse_args()
    top = Path(__file__).resolve().parent.parent
    os.chdir(top)
    cfg = get_config()
    nbdev.showdoc.BasicMarkdownRenderer, nbdev.processors.rm_export = docs_pages.Renderer, docs_pages.fold_export
    if not a.check: refresh_quarto_yml()
    shutil.rmtree('_proc', ignore_errors=True)   # nbdev's cache does not see every change
    proc = proc_nbs(n_workers=0)
    (new, pictures), bad = readme(proc/cfg.readme_nb, 'nbs/images'), False
    if a.check:
        old = [f for f, data in pictures.items() if not (top/f).exists() or (top/f).read_bytes() != data]
        if old: print(f"{', '.join(old)} is not the picture of {cfg.readme_nb}. Run scripts/docs.sh and commit it.")
        bad = differs(new, top/'README.md') or bool(old)
    else:
        (top/'README.md').write_text(new)
        for f, data in pictures.items():
            (top/f).parent.mkdir(exist_ok=True)
            (top/f).write_bytes(data)
    site = stage(proc, top/'_site_src', cfg)
    made_pages(site, cfg)
    bad |= quarto(site) if a.quarto else smalldocs(site)
    if (site/cfg.doc_path.name).exists():
        shutil.rmtree(cfg.doc_path, ignore_errors=True)
        shutil.move(site/cfg.doc_path.name, cfg.doc_path)
        print(f'built {cfg.doc_path.relative_to(top)}/index.html')
    shutil.rmtree(site)
    shutil.rmtree(proc)
    sys.exit(bad)
