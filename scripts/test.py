"""Test the project: exports, clean notebooks, every notebook, the docs and how they look.

Changes no file of the project. Named notebooks are run alone, without the other checks."""
import configparser, json, os, re, shlex, shutil, subprocess, sys, tempfile, time
from difflib import unified_diff
from pathlib import Path
from browser import chromium
from run_nbs import indent, options, root, run_all

def sh(*cmd, cwd=root):
    "Run a command; its exit code and everything it printed"
    env = {k: v for k, v in os.environ.items() if k != 'IN_TEST'}   # nbdev_export does nothing under IN_TEST
    r = subprocess.run(cmd, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return r.returncode, r.stdout

def changes(new, glob):
    "How the files matching `glob` in the folder `new` differ from the project's, as a diff"
    out = []
    for f in sorted({p.relative_to(d) for d in (root, new) for p in d.glob(glob)}):
        a, b = [(d/f).read_text(encoding='utf-8').splitlines() if (d/f).exists() else [] for d in (root, new)]
        if a != b or (root/f).exists() != (new/f).exists():
            lines = list(unified_diff(a, b, f'{f} (now)', f'{f} (should be)', n=1, lineterm=''))
            out += lines[:30] + ([f'... {len(lines)-30} more lines'] if len(lines) > 30 else []) or [f'{f} is missing']
    return '\n'.join(out)

def copy(dest):
    "Copy what nbdev needs, so that the checks change nothing here"
    ignore = shutil.ignore_patterns('.*', '_proc', '_docs', '__pycache__')
    shutil.copytree(root/'nbs', dest/'nbs', ignore=ignore)
    shutil.copy(root/'settings.ini', dest)
    for f in (root/'diffinterp').rglob('*.py'):
        (dest/f.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f, dest/f.relative_to(root))

def check(tool, glob, hint, dest):
    "Run `tool` in the copy; the text of what it changed or how it failed, empty if all is well"
    code, out = sh(sys.executable, '-c', f'from nbdev.cli import {tool}; import sys; sys.argv = ["{tool}"]; {tool}()', cwd=dest)
    if code: return out
    diff = changes(dest, glob)
    return diff and f'{hint}\n{diff}'

def paths_in_outputs():
    "Which stored outputs name a folder of the machine that ran them"
    machine = re.compile(r'(?<![\w./])/(?:home|mnt|opt|root|tmp|usr|var|work|Users)/[\w.-]+')
    out = []
    for f in sorted((root/'nbs').rglob('*.ipynb')):
        for i, cell in enumerate(json.loads(f.read_text(encoding='utf-8'))['cells']):
            shown = [{k: v for k, v in o.get('data', {}).items() if not k.startswith('image/')} | {'text': o.get('text')} for o in cell.get('outputs', [])]
            out += [f'{f.relative_to(root)}, cell {i}: {m}' for m in machine.findall(json.dumps(shown))]
    return '\n'.join(out)

def markdown():
    "(file, text) of all markdown that a reader sees"
    for f in sorted((root/'nbs').rglob('*.ipynb')):
        cells = json.loads(f.read_text(encoding='utf-8'))['cells']
        yield f.relative_to(root), '\n\n'.join(''.join(c['source']) for c in cells if c['cell_type'] == 'markdown')
    for f in sorted(root.glob('*.md')):
        if f.name != 'CHANGELOG.md': yield f.relative_to(root), f.read_text(encoding='utf-8')

def commands_in_pages():
    "Which printed commands the command line does not know"
    from diffinterp.cli import _make_parser
    parser, out = _make_parser(), []
    for f, text in markdown():
        blocks = ''.join(re.findall(r'```sh\n(.*?)```', text, flags=re.S)).replace('\\\n', ' ')
        lines = re.findall(r'^(?:torchrun .*--module )?(diffinterp .*)', blocks, flags=re.M) + re.findall(r'`(diffinterp [a-z-]+ [^`]+)`', text)
        for line in lines:
            try: parser.parse_args([o for o in shlex.split(re.split(r' [>|] ', line)[0], comments=True) if o != '...'][1:])
            except Exception as e: out.append(f'{f}: {line}: {e}')
    return '\n'.join(out)

def settings():
    "The values of settings.ini"
    ini = configparser.ConfigParser(delimiters=['='])
    ini.read(root/'settings.ini', encoding='utf-8')
    return ini['DEFAULT']

def addresses():
    "Where the repository's address is another one than in settings.ini"
    user, repo = settings()['user'], settings()['repo']
    files = [f for g in ('*.md', '*.yml', '*.cff', '*.toml', 'nbs/**/*.ipynb', 'nbs/*.yml', 'scripts/**/*', '.github/**/*.yml') for f in root.glob(g) if f.is_file() and f.suffix != '.pyc']
    found = re.compile(rf'(?:github\.com/|colab\.research\.google\.com/github/)([\w-]+)/{repo}\b|([\w-]+)\.github\.io/{repo}\b')
    return '\n'.join(f'{f.relative_to(root)}: {m[0]}' for f in sorted(files) for m in found.finditer(f.read_text(encoding='utf-8'))
                     if (m[1] or m[2]) not in (user, ''))

def dependencies():
    "Packages that the library imports and settings.ini does not list"
    import ast
    listed = {re.split(r'[<>=~!]', o)[0].replace('-', '_').lower() for k in ('requirements', 'dev_requirements') for o in shlex.split(settings()[k])}
    used = {}
    for f in sorted((root/'diffinterp').glob('*.py')):
        for n in ast.walk(ast.parse(f.read_text(encoding='utf-8'))):
            names = [a.name for a in n.names] if isinstance(n, ast.Import) else [n.module] if isinstance(n, ast.ImportFrom) and not n.level else []
            for name in names: used.setdefault(name.split('.')[0], f.name)
    return '\n'.join(f'{f} imports {name}' for name, f in used.items() if name.lower() not in {*sys.stdlib_module_names, 'diffinterp', *listed})

def names():
    "Names that the cells of a notebook use and never define, and imports they do not use; cells that no test runs count too"
    import ast
    from pyflakes.checker import Checker
    from pyflakes.messages import UndefinedName, UnusedImport
    out = []
    for f in sorted((root/'nbs').rglob('*.ipynb')):
        cells = [''.join(c['source']) for c in json.loads(f.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'code']
        lines = '\n'.join(c for c in cells if not c.startswith('%%')).splitlines()
        found = Checker(ast.parse('\n'.join(lines))).messages
        out += [f'{f.relative_to(root)}: {m.message % m.message_args}: {lines[m.lineno-1].strip()}' for m in found
                if isinstance(m, UndefinedName) or isinstance(m, UnusedImport) and '#' not in lines[m.lineno-1]]
    return '\n'.join(out)

def undocumented():
    "Public names without a docstring, and their parameters without a comment"
    import importlib
    import docs_pages
    modules = [re.sub(r'^\d+_', '', f.stem) for f in sorted((root/'nbs').glob('[0-9]*.ipynb'))]
    return '\n'.join(line for m in modules for line in docs_pages.gaps(importlib.import_module(f'diffinterp.{m}')))

def say(name, problem, start):
    "One line for a check; returns 1 if there was a problem"
    print('FAIL' if problem else 'ok', name, f'{time.time()-start:.0f}s', flush=True)
    if problem: print(indent(problem), flush=True)
    return int(bool(problem))

def docs():
    "Build the docs; the text of what is wrong with them"
    code, out = sh(sys.executable, 'scripts/docs.py', '--check')
    return out if code else ''

def looks():
    "Look at the built docs in a browser, if there is one; the text of what is wrong with them"
    code, out = sh(sys.executable, 'scripts/browser.py')
    if not code and 'No Chromium' in out: print(out.splitlines()[0], flush=True)
    return out if code else ''

def seen(offline):
    "Build the docs, look at them, and use the panels; the number of problems"
    bad = 0
    for name, problems in {'docs': docs, 'browser': looks, 'panels': lambda: panels(offline)}.items():
        t = time.time()
        bad += say(name, problems(), t)
    return bad

def panels(offline):
    "Use every panel in JupyterLab, if there is a browser; the text of what is wrong with them"
    if not chromium():                              # JupyterLab is not installed for nothing
        print('No Chromium is installed, so the panels are not tried.', flush=True)
        return ''
    if offline:
        print('JupyterLab cannot be installed without a network, so its panels are not tried.', flush=True)
        return ''
    code, out = sh('scripts/browser.sh', '--lab', 'scripts/panels.ipynb')
    return out if code else ''

def go_offline():
    "Let this process's children connect to this machine only; see scripts/offline"
    os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, [str(root/'scripts'/'offline'), os.environ.get('PYTHONPATH')]))
    os.environ['HF_HUB_OFFLINE'] = '1'
    code, out = sh(sys.executable, '-c', 'import socket; socket.create_connection(("192.0.2.1", 80), 1)')
    if code == 0 or 'no network in this test' not in out: sys.exit('FAIL offline: sockets are not blocked')
    print('ok offline: sockets reach this machine only', flush=True)

if __name__ == '__main__':
    p = options(__doc__)
    p.add_argument('--offline', action='store_true',
                   help='block sockets to other machines; run scripts/download-models.sh first')
    a = p.parse_args()
    if a.offline: go_offline()
    bad = 0
    if not a.notebooks:
        with tempfile.TemporaryDirectory() as tmp:
            tmp = Path(tmp).resolve()
            copy(tmp)
            t = time.time()
            bad += say('nbdev_clean', check('nbdev_clean', 'nbs/**/*.ipynb', 'Run nbdev_clean and commit what it changes:', tmp), t)
            t = time.time()
            bad += say('nbdev_export', check('nbdev_export', 'diffinterp/**/*.py', 'Run nbdev_export and commit what it changes:', tmp), t)
        for name, problems in {
            'no machine paths in outputs': paths_in_outputs, 'commands in pages': commands_in_pages,
            'one address': addresses, 'dependencies are listed': dependencies,
            'names in notebooks': names, 'public names are documented': undocumented}.items():
            t = time.time()
            bad += say(name, problems(), t)
    if not a.notebooks:                             # once, before notebooks side by side ask for it
        t = time.time()
        code, out = sh(sys.executable, '-m', 'diffinterp', 'download-models')
        bad += say('models', out if code else '', t)
    beside = {} if a.notebooks else dict(beside=lambda: seen(a.offline))    # while the notebooks run
    passed, failed, problems = run_all(a, write=False, **beside)
    bad += problems
    if bad: print(f'{bad} of the checks beside the notebooks failed; each counts as one failure')
    print(f'{passed} passed, {failed+bad} failed')
    sys.exit(failed+bad > 0)
