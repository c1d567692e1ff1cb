"""Test the project: exports, clean notebooks, every notebook, the docs.

Changes no file of the project. Named notebooks are run alone, without the other checks."""
import json, os, re, shutil, subprocess, sys, tempfile, time
from difflib import unified_diff
from pathlib import Path
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

def say(name, problem, start):
    "One line for a check; returns 1 if there was a problem"
    print('FAIL' if problem else 'ok', name, f'{time.time()-start:.0f}s', flush=True)
    if problem: print(indent(problem), flush=True)
    return int(bool(problem))

def docs():
    "Build the docs; the text of what is wrong with them"
    code, out = sh(sys.executable, 'scripts/docs.py', '--check')
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
        bad += say('no machine paths in outputs', paths_in_outputs(), time.time())
    if not a.notebooks:                             # once, before notebooks side by side ask for it
        t = time.time()
        code, out = sh(sys.executable, '-m', 'diffinterp', 'download-models')
        bad += say('models', out if code else '', t)
    passed, failed = run_all(a, write=False)
    if not a.notebooks:
        t = time.time()
        bad += say('docs', docs(), t)
    if bad: print(f'{bad} of the checks beside the notebooks failed; each counts as one failure')
    print(f'{passed} passed, {failed+bad} failed')
    sys.exit(failed+bad > 0)
