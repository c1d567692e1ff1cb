"""Build README.md and the docs site in _docs/ from the notebooks, without Quarto.

nbdev prepares the pages as it does for Quarto, smalldocs renders them; a broken link is an error. With --check
only _docs/ is written, and a README.md that is out of date is an error too."""
import argparse, json, os, re, shutil, subprocess, sys
from difflib import unified_diff
from pathlib import Path
import yaml
from nbdev.config import get_config
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs

link = re.compile(r'(\]\()(?![a-z]+:|[/#])([^)\s]+\.ipynb)')   # a relative link to a notebook

def plain(name): return re.sub(r'^\d+[a-z]?_', '', name)   # 01_lora.ipynb -> lora.ipynb, the name nbdev links to

def stage(proc, dest):
    "Copy the processed notebooks under the names that nbdev's links use"
    shutil.rmtree(dest, ignore_errors=True)
    for f in sorted(proc.rglob('*')):
        if f.is_dir() or '_docs' in f.parts: continue
        d = dest/f.relative_to(proc).with_name(plain(f.name))
        d.parent.mkdir(parents=True, exist_ok=True)
        if d.exists(): sys.exit(f'{f.relative_to(proc)}: another page has the same name without its number')
        if f.suffix == '.ipynb':
            src = re.sub(r'output-file: [^\\]*\\n', '', f.read_text())
            d.write_text(link.sub(lambda m: m[1] + re.sub(r'[^/]+$', lambda n: plain(n[0]), m[2]), src))
        else: shutil.copy2(f, d)
    side = dest/'sidebar.yml'
    side.write_text(re.sub(r'(\b\d+[a-z]?_)(?=\w+\.ipynb)', '', side.read_text()))
    return dest

def readme(nb):
    "The processed index notebook as GitHub markdown"
    out = []
    for c in json.loads(nb.read_text())['cells']:
        src = ''.join(c['source']).strip()
        if c['cell_type'] == 'raw':
            fm = yaml.safe_load(src.strip('-\n'))
            out += [f"# {fm['title']}", fm.get('description', '')]
        elif c['cell_type'] == 'markdown': out.append(re.sub(r'^:::.*\n?', '', src, flags=re.M))
        else:
            src = re.sub(r'^#\|.*\n?', '', src, flags=re.M)
            if src: out.append(f'```python\n{src}\n```')
            for o in c['outputs']:
                data = o.get('data', {})
                md, txt = data.get('text/markdown'), o.get('text') or data.get('text/plain', '')
                if 'image/png' in data: continue   # GitHub shows no picture that is inside the text
                if md: out.append(''.join(md).strip())
                elif txt: out.append('    ' + ''.join(txt).rstrip().replace('\n', '\n    '))
    return link.sub(rf'\1{get_config().nbs_path.name}/\2', '\n\n'.join(o for o in out if o).strip()) + '\n'

def differs(new, f):
    "Print how `f` is not `new`"
    old = f.read_text() if f.exists() else ''
    if old == new: return False
    print(f'{f.name} does not match {get_config().readme_nb}. Run scripts/docs.sh and commit {f.name}:')
    print('\n'.join(unified_diff(old.splitlines(), new.splitlines(), 'now', 'should be', n=1, lineterm='')))
    return True

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--check', action='store_true', help='write only _docs/; fail if README.md is out of date')
    a = p.parse_args()
    top = Path(__file__).resolve().parent.parent
    os.chdir(top)
    cfg = get_config()
    if not a.check: refresh_quarto_yml()
    shutil.rmtree('_proc', ignore_errors=True)   # nbdev's cache does not see every change
    proc = proc_nbs(n_workers=0)
    new, bad = readme(proc/cfg.readme_nb), False
    if a.check: bad = differs(new, top/'README.md')
    else: (top/'README.md').write_text(new)
    site = stage(proc, top/'_site_src')
    def smalldocs(*args): return subprocess.run([sys.executable, '-m', 'smalldocs.cli', *args, str(site)]).returncode
    bad |= bool(smalldocs('check') or smalldocs('render', '--quiet'))
    if (site/cfg.doc_path.name).exists():
        shutil.rmtree(cfg.doc_path, ignore_errors=True)
        shutil.move(site/cfg.doc_path.name, cfg.doc_path)
        print(f'built {cfg.doc_path.relative_to(top)}/index.html')
    shutil.rmtree(site)
    shutil.rmtree(proc)
    sys.exit(bad)
