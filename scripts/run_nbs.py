"""Run notebooks top to bottom, each in its own process.

Without --check the fresh outputs are saved, cleaned; with it no file changes. Cells flagged `notest`, `slow` or
`gpu` (tst_flags in settings.ini) and cells with `eval: false` are skipped and keep the outputs they have."""
import argparse, json, multiprocessing, os, signal, sys, tempfile, time, traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

root = Path(__file__).resolve().parent.parent

# ---- in the notebook's own process ----

def skip(cell, flags):
    "True for a cell that is not run"
    from nbdev.process import extract_directives
    if cell.cell_type != 'code' or 'nbdev_export(' in cell.source: return True
    found = extract_directives(cell, remove=False)
    return found.get('eval:', [''])[:1] in (['false'], ['False']) or bool(flags & found.keys())

def strip_widgets(nb):
    "Widget ids change on every run, so keep the plain-text view only"
    nb.metadata.pop('widgets', None)
    for c in nb.cells:
        for o in c.get('outputs', []): o.get('data', {}).pop('application/vnd.jupyter.widget-view+json', None)

def report(exc):
    "The traceback of `exc` without the frames of the machinery that runs cells"
    tb = exc.__traceback__
    while tb and 'interactiveshell' in tb.tb_frame.f_code.co_filename: tb = tb.tb_next
    return ''.join(traceback.format_exception(type(exc), exc, tb))

def run_cells(fn, flags, log, write):
    "Run one notebook; `log` always tells which cell is running, and in the end its error"
    from execnb.nbio import read_nb, write_nb
    from execnb.shell import CaptureShell
    from nbdev.clean import clean_nb
    nb = read_nb(fn)
    os.chdir(fn.parent)
    shell = CaptureShell(fn)
    shell.showtraceback = shell.showsyntaxerror = lambda *args, **kw: None   # the log has it already
    for i, cell in enumerate(nb.cells):
        if skip(cell, flags): continue
        state = dict(cell=i, id=cell.get('id'), source=cell.source)
        log.write_text(json.dumps(state))
        outs = shell.run(cell.source)
        if shell.exc:
            printed = ''.join(t for o in outs if o['output_type'] == 'stream' for t in o['text'])
            log.write_text(json.dumps(dict(state, error=report(shell.exc), printed=printed[-2000:])))
            return 1
        cell.outputs = [dict(o) for o in outs]
    log.write_text('{}')
    if write:
        strip_widgets(nb)
        clean_nb(nb)
        write_nb(nb, fn)
    return 0

def child(fn, flags, log, raw, write):
    "Run one notebook in this process, which is new, as a session of its own"
    if hasattr(os, 'setsid'): os.setsid()
    out, nothing = os.open(raw, os.O_WRONLY), os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (out, 1), (out, 2)): os.dup2(old, new)
    os.chdir(root)
    from nbdev.config import get_config
    skipped = set(get_config().tst_flags.split()) - set(flags)
    sys.exit(run_cells(fn, skipped, log, write))

# ---- in the process that starts them ----

# A new process is forked from one that has imported these once: every notebook needs them, and they take seconds.
# They are never modules of the package, which a notebook may have to import itself.
warm = multiprocessing.get_context('forkserver' if 'forkserver' in multiprocessing.get_all_start_methods() else 'spawn')
if hasattr(warm, 'set_forkserver_preload'):
    warm.set_forkserver_preload(['torch', 'transformers', 'pandas', 'matplotlib.pyplot', 'execnb.shell', 'nbdev.clean'])

def set_environment(threads):
    "What the processes of notebooks find in their environment"
    os.environ |= {'TQDM_DISABLE': '1', 'OMP_NUM_THREADS': str(threads), 'HF_HUB_DISABLE_PROGRESS_BARS': '1', **os.environ, 'IN_TEST': '1'}
    os.environ['PYTHONWARNINGS'] = 'ignore::UserWarning:multiprocessing.resource_tracker'    # killed processes leave locks
    os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, [str(root), os.environ.get('PYTHONPATH')]))

def find(nbs):
    "Every notebook under `nbs`, those at the top first"
    fns = [f for f in Path(nbs).rglob('*.ipynb') if not any(p[0] in '._' for p in f.relative_to(nbs).parts)]
    return sorted(fns, key=lambda f: (len(f.relative_to(nbs).parts), str(f)))

def show(fn):
    "The name of a notebook as the log gives it"
    try: return fn.relative_to(root/'nbs').as_posix()
    except ValueError: return str(fn)

def cores():
    "How many cores this process may use"
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1

def indent(s, pre='    '): return ''.join(pre + l.rstrip() + '\n' for l in s.strip('\n').split('\n'))

def explain(state, code, raw):
    "Say which cell failed, and how"
    out = ''
    if 'cell' in state:
        out += f"cell {state['cell']} (id {state['id']}):\n" + indent(state['source'], '  | ')
    if state.get('printed'): out += 'it printed:\n' + indent(state['printed'], '  | ')
    if code is None: out += 'timeout: the notebook was stopped in this cell\n'
    elif 'error' in state: out += state['error']
    else: out += f'the process ended with exit code {code}\n'
    if raw.strip() and 'error' not in state: out += 'last output:\n' + raw[-3000:]
    return out

running = set()                                     # the processes of notebooks

def kill(proc):
    "End a notebook, and whatever it left running"
    try: os.killpg(proc.pid, signal.SIGKILL)
    except (ProcessLookupError, AttributeError): proc.kill()

def run(fn, flags, write=False, timeout=900):
    "Run `fn` in a new process, print one line about it, and return whether it passed"
    start = time.time()
    with tempfile.TemporaryDirectory() as tmp, open(Path(tmp)/'raw', 'w+', errors='replace') as raw:
        log = Path(tmp)/'log'
        proc = warm.Process(target=child, args=(fn, flags, log, raw.name, write))
        proc.start()
        running.add(proc)
        try:
            proc.join(timeout)
            code = proc.exitcode                    # None: it still runs
        finally:
            kill(proc)
            proc.join()
            running.discard(proc)
        raw.seek(0)
        took = f'{time.time()-start:.0f}s'
        if code == 0: print(f'ok {show(fn)} {took}\n', end='', flush=True)
        else:
            state = json.loads(log.read_text() or '{}') if log.exists() else {}
            text = indent(explain(state, code, raw.read()))
            print(f'FAIL {show(fn)} {took}\n{text}\n', end='', flush=True)   # one write: notebooks run side by side
    return code == 0

def options(doc):
    "The command line that run_nbs.py and test.py share"
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('notebooks', nargs='*', type=Path, help='which notebooks (default: all under nbs/)')
    p.add_argument('--flags', default='', help='also run the cells with these flags, as in --flags "slow gpu"')
    p.add_argument('--timeout', type=float, default=900, help='seconds for one notebook (default: 900)')
    p.add_argument('--jobs', type=int, default=min(4, cores()),
                   help='notebooks side by side (default: the cores, at most 4)')
    return p

def run_all(a, write, beside=lambda: 0):
    "Run the notebooks that the command line asks for, and `beside` as one job more; returns how many passed and failed, and its result"
    signal.signal(signal.SIGTERM, lambda *args: sys.exit(143))   # so that the notebooks can be stopped
    fns = [f.resolve() for f in a.notebooks] or find(root/'nbs')
    set_environment(threads=max(1, cores() // a.jobs))
    one = lambda f: run(f, a.flags.split(), write, a.timeout)
    with ThreadPoolExecutor(a.jobs) as pool:
        try:
            more = pool.submit(beside)
            res = list(pool.map(one, fns))
            more = more.result()
        except BaseException:                       # stopped: take the notebooks along
            pool.shutdown(wait=False, cancel_futures=True)
            for proc in list(running): kill(proc)
            raise
    return sum(res), len(res)-sum(res), more

if __name__ == '__main__':
    p = options(__doc__)
    p.add_argument('--check', action='store_true', help='change no file')
    a = p.parse_args()
    passed, failed, _ = run_all(a, write=not a.check)
    print(f'{passed} passed, {failed} failed')
    sys.exit(failed > 0)
