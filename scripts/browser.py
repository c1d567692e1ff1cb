"""Look at the built docs site in headless Chromium, through its DevTools protocol.

Every page is opened in light, in dark and at the width of a phone: nothing is wider than the screen, every text has a
contrast of 4.5 to 1 (WCAG AA), every link and picture is there. Then a search is typed and a result is clicked. The
notebooks are small and hold no error. tornado, which Jupyter needs anyway, speaks to the browser."""
import argparse, asyncio, functools, http.server, json, os, re, shutil, signal, subprocess, sys, tempfile, threading, time
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

root = Path(__file__).resolve().parent.parent
here = Path(__file__).resolve().parent
names = 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'
desk, phone = (1280, 900), (390, 844)

def chromium():
    "The path of a Chromium or Chrome, or None"
    return os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, names)), None)

def serve(folder):
    "Serve a folder on a free local port, in a thread; the address"
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args): pass
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}/'

class Browser:
    "One tab of a headless Chromium"
    def __init__(self, program):
        self.loop, self.count, self.events = asyncio.new_event_loop(), 0, []
        asyncio.set_event_loop(self.loop)
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        flags = '--headless --no-sandbox --disable-gpu --hide-scrollbars --remote-debugging-port=0 --no-first-run'
        offline = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'   # the site must do without a network
        self.process = subprocess.Popen(
            [program, *flags.split(), offline, f'--user-data-dir={self.folder.name}', 'about:blank'], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try: self.connect()
        except BaseException:
            self.close()
            raise

    def connect(self, seconds=60):
        "Open a tab, and a websocket to it"
        from tornado.websocket import websocket_connect
        port, end = Path(self.folder.name)/'DevToolsActivePort', time.time() + seconds
        while not port.exists() or not port.read_text():
            if time.time() > end or self.process.poll() is not None: sys.exit('Chromium did not start')
            time.sleep(.1)
        address = f'http://127.0.0.1:{port.read_text().split()[0]}/json/new?about:blank'
        tab = json.load(urlopen(Request(address, method='PUT')))
        self.socket = self.wait(websocket_connect(tab['webSocketDebuggerUrl'], max_message_size=2**27))
        for domain in 'Page', 'Runtime': self(f'{domain}.enable')

    def wait(self, future): return self.loop.run_until_complete(asyncio.wait_for(future, 60))

    def receive(self):
        "The next message of the browser, as a future"
        return self.socket.read_message()

    def __call__(self, method, **params):
        "Send a command of the DevTools protocol and return its result"
        self.count += 1
        self.wait(self.socket.write_message(json.dumps(dict(id=self.count, method=method, params=params))))
        while True:
            message = json.loads(self.wait(self.receive()))
            if message.get('id') != self.count:
                self.events.append(message)
                continue
            if 'error' in message: raise RuntimeError(f"{method}: {message['error']['message']}")
            return message['result']

    def js(self, code):
        "The value of a JavaScript expression in the page; a promise is awaited"
        r = self('Runtime.evaluate', expression=code, awaitPromise=True, returnByValue=True)
        if 'exceptionDetails' in r: raise RuntimeError(r['exceptionDetails']['exception'].get('description', code))
        return r['result'].get('value')

    def until(self, code, seconds=10):
        "Wait until a JavaScript expression is true; False if it never was"
        end = time.time() + seconds
        while time.time() < end:
            if self.js(code): return True
            time.sleep(.05)
        return False

    def look(self, size, dark=False):
        "Set the width and height of the screen, and the mode it prefers"
        self('Emulation.setDeviceMetricsOverride', width=size[0], height=size[1], deviceScaleFactor=1,
             mobile=size == phone)
        scheme = dict(name='prefers-color-scheme', value='dark' if dark else 'light')
        self('Emulation.setEmulatedMedia', media='', features=[scheme])

    def go(self, url):
        "Open a page and wait until it has loaded"
        self('Page.navigate', url=url)
        path = json.dumps(url.split('#')[0])
        if not self.until(f'location.href.split("#")[0] == {path} && document.readyState == "complete"', 30):
            raise RuntimeError(f'{url} did not load')

    def picture(self, f, full=False):
        "Save a picture of the page"
        data = self('Page.captureScreenshot', captureBeyondViewport=full)['data']
        f.write_bytes(b64decode(data))

    def close(self):
        "End this Chromium and remove its folder"
        try: os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError: pass
        self.process.wait()
        self.folder.cleanup()

# ---- what is measured in a page ----

measure = r'''(() => {
  const parse = c => { const m = (c.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
    return c.startsWith('color(srgb') ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1] };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05) };
  const ground = e => { const all = [];
    for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); all.push(c); if (c[3] == 1) break }
    return all.reverse().reduce((under, c) => over(c, under), [255, 255, 255, 1]) };
  const opacity = e => { let o = 1; for (; e; e = e.parentElement) o *= +getComputedStyle(e).opacity; return o };
  const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') +
    (typeof e.className == 'string' && e.className ? '.' + e.className.trim().split(/\s+/).slice(0, 2).join('.') : '');
  const where = e => [e.parentElement?.parentElement, e.parentElement, e].filter(Boolean).map(name).join(' > ');
  const shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getBoundingClientRect().width > 1;

  const faint = {};                                  // text that is hard to read, once for each place
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  const judge = (e, color, text) => {
    const back = ground(e), c = parse(color), r = ratio(over([c[0], c[1], c[2], c[3] * opacity(e)], back), back);
    count++;
    if (r < 4.5) faint[where(e)] ??= `contrast ${r.toFixed(2)} "${text.trim().slice(0, 30)}" in ${where(e)}`;
  };
  for (let n; n = walk.nextNode();) {
    const e = n.parentElement;
    if (n.data.trim() && !e.closest('script, style, noscript, svg') && shown(e)) judge(e, getComputedStyle(e).color, n.data);
  }
  for (const e of document.querySelectorAll('input[placeholder]'))
    if (shown(e)) judge(e, getComputedStyle(e, '::placeholder').color, e.placeholder);

  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth + 1;
  const scrolls = e => { for (; e && e != document.body; e = e.parentElement)
    if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX)) return true; return false };
  const right = document.documentElement.clientWidth + 1;
  const outside = [...document.querySelectorAll('main *')].filter(e => shown(e) &&
    e.getBoundingClientRect().right > right && !scrolls(e)).slice(0, 3).map(where);
  return {count, faint: Object.values(faint), wide, outside,
    dark: light(ground(document.body)) < .2,
    loads: [...document.querySelectorAll('script[src], link[rel=stylesheet]')].map(e => e.src || e.href),
    lost: [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src.slice(0, 80)),
    raw: (document.body.innerText.match(/\\\(|\\\[|\\frac/g) || []).length,
    errors: [...document.querySelectorAll('.cell-output-error')].length};
})()'''

still = """document.head.append(Object.assign(document.createElement('style'),
    {textContent: '*, ::before, ::after {transition: none !important; animation: none !important}'}))"""

def pages(site): return sorted(f.relative_to(site).as_posix() for f in Path(site).rglob('*.html'))

def some(site):
    "Pages of every kind: the first page, how-to, library, experiments, and those made from the code"
    wanted = ('index', 'demo', 'howto/', 'many_machines', 'api', 'options', 'contributing', 'lora', 'evidence',
              'experiments/fresh_tests', 'experiments/speed')
    return [p for p in pages(site) if p.startswith(tuple(o if o.endswith('/') else f'{o}.html' for o in wanted))]

def visit(browser, base, page, shots=None):
    "What is wrong with one page in light, in dark and on a phone"
    bad = []
    browser.look(desk)
    browser.go(base + page)
    browser.js(still)
    for size, dark, name in ((desk, False, 'light'), (desk, True, 'dark'), (phone, False, 'phone')):
        browser.look(size, dark)
        browser.until(f"document.documentElement.classList.contains('quarto-dark') == {str(dark).lower()}", 5)
        m = browser.js(measure)
        if not m['count']: bad.append(f'{name}: no text')
        if m['dark'] != dark: bad.append(f'{name}: the background does not fit')
        bad += [f'{name}: {o}' for o in m['faint']]
        if m['wide'] or m['outside']: bad.append(f"{name}: wider than the screen: {'; '.join(m['outside'])}")
        if shots: browser.picture(shots/f"{page.replace('/', '-')[:-5]}-{name}.png")
    bad += [f'no picture {o}' for o in m['lost'] if o.startswith(base)]
    bad += [f'loads from the network: {o}' for o in m['loads'] if not o.startswith(base)]
    if m['raw']: bad.append('a formula is not rendered')
    if m['errors']: bad.append('a stored error')
    return bad

def search(browser, base, dark, word='diff_scale'):
    "Type a word into the search box and click the first result; what is wrong with it"
    browser.look(desk, dark)
    browser.go('about:blank')
    browser.go(base + 'index.html')
    browser.js(still)
    if not browser.js("(e => e && (e.focus(), true))(document.querySelector('.smalldocs-search input'))"): return ['no search box']
    browser('Input.insertText', text=word)
    if not browser.until("!!document.querySelector('.search-result')", 30): return [f'no result for {word!r}']
    bad = [f'search: {o}' for o in browser.js(measure)['faint']]
    x, y, href = browser.js("""(() => { const e = document.querySelector('.search-result'), r = e.getBoundingClientRect();
        return [r.x + 20, r.y + 10, e.href] })()""")
    for kind in 'mousePressed', 'mouseReleased': browser('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)
    path = json.dumps(href.split('#')[0])
    if not browser.until(f'location.href.split("#")[0] == {path} && document.readyState == "complete"'): bad.append(f'a click on {href} does not open it')
    elif word not in browser.js('document.body.innerText'): bad.append(f'{href} does not have the word {word}')
    return bad

def toggle(browser, base):
    "Click the switch of the navigation bar twice: to dark and back; what is wrong with it"
    browser.look(desk)
    browser.go(base + 'index.html')
    bad = []
    for dark in (True, False):
        browser.js("document.querySelector('.quarto-color-scheme-toggle').click()")
        if not browser.until(f"document.documentElement.classList.contains('quarto-dark') == {str(dark).lower()}"):
            bad.append(f"the switch does not lead to {'dark' if dark else 'light'}")
    browser.js('localStorage.clear()')
    return bad

# ---- without a browser ----

class Targets(HTMLParser):
    "The ids of a page, what it links to, and the links that its text shows as they were written"
    verbatim = 'code', 'pre', 'script', 'style'        # their text is meant to look as it was written
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.unmade, self.depth = set(), set(), [], 0
        self.feed(text)
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.ids |= {a[k] for k in ('id', 'name') if a.get(k)}
        self.links |= {a[k] for k in ('href', 'src') if a.get(k)}
        self.depth += tag in self.verbatim
    def handle_endtag(self, tag): self.depth -= tag in self.verbatim
    def handle_data(self, data):
        if not self.depth: self.unmade += re.findall(r'\]\([^)\s]+\)', data)

def broken_links(site):
    "Links and pictures inside the site that lead nowhere, also to a place in a page, and links that became none"
    found = {p: Targets((site/p).read_text()) for p in pages(site)}
    bad = []
    for p, t in found.items():
        bad += [f'{p}: a link is shown as it was written: {o}' for o in t.unmade]
        for link in sorted(t.links):
            u = urlsplit(link)
            if u.scheme or u.netloc: continue
            f = (site/p).parent/unquote(u.path) if u.path else site/p
            if f.is_dir(): f = f/'index.html'
            to = Path(os.path.relpath(f, site)).as_posix()
            if not f.exists(): bad.append(f'{p}: no file {link}')
            elif u.fragment and to in found and unquote(u.fragment) not in found[to].ids: bad.append(f'{p}: no place {link}')
    return bad

def heavy(site, limit=2_000_000): return [f'{p}: {(site/p).stat().st_size:,} bytes' for p in pages(site) if (site/p).stat().st_size > limit]

def bad_notebooks(folder, limit=1_000_000):
    "Notebooks over a size, and stored errors and tracebacks in them"
    bad = []
    for f in sorted(folder.rglob('*.ipynb')):
        if f.stat().st_size > limit: bad.append(f'{f.relative_to(root)}: {f.stat().st_size:,} bytes')
        for i, c in enumerate(json.loads(f.read_text(encoding='utf-8'))['cells']):
            text = json.dumps(c.get('outputs', []))
            if any(o['output_type'] == 'error' for o in c.get('outputs', [])) or 'Traceback (most recent' in text:
                bad.append(f'{f.relative_to(root)}, cell {i}: a stored error')
    return bad

# ---- a notebook with widgets in JupyterLab ----

def started(log, server, seconds=90):
    "The address in the log of a server that starts, or None"
    end = time.time() + seconds
    while time.time() < end and server.poll() is None:
        if m := re.search(r'http://(?:localhost|127\.0\.0\.1):(\d+)/lab', log.read_text()): return f'http://127.0.0.1:{m[1]}/lab'
        time.sleep(.5)

def small_adapter(adapter, folder):
    "The files of an adapter in bfloat16, in another folder: Jupyter lets through 10 MB at a time"
    import torch
    from safetensors.torch import load_file, save_file
    folder.mkdir(exist_ok=True)
    config, numbers = 'adapter_config.json', 'adapter_model.safetensors'
    shutil.copy(adapter/config, folder)
    save_file({n: t.to(torch.bfloat16) for n, t in load_file(adapter/numbers).items()}, folder/numbers)
    return [str(folder/config), str(folder/numbers)]

def lab(browser, notebook, folder, seconds=900):
    "Run a notebook in the JupyterLab of a folder and use its panels; what is wrong with it"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp, open(Path(tmp)/'log', 'w') as log:
        shutil.copy(notebook, tmp)
        scratch = Path(tmp)/'scratch'                  # where the notebook makes its adapter
        scratch.mkdir()
        env = os.environ | dict(TMPDIR=str(scratch), PYTHONPATH=os.pathsep.join(filter(None, [str(root), os.environ.get('PYTHONPATH'), str(folder)])))
        files = lambda: small_adapter(next(scratch.glob('*/adapter_config.json')).parent, Path(tmp)/'small')
        flags = f'--no-browser --allow-root --ServerApp.port=0 --IdentityProvider.token= --ServerApp.root_dir={tmp} --LabApp.expose_app_in_browser=True'
        server = subprocess.Popen([sys.executable, '-m', 'jupyterlab', f'--app-dir={folder}/share/jupyter/lab', *flags.split()],
                                  cwd=tmp, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            address = started(Path(tmp)/'log', server)
            return use(browser, f'{address}/tree/{notebook.name}', seconds, files) if address else ['JupyterLab did not start: ' + (Path(tmp)/'log').read_text()[-2000:]]
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()

book = "[...(window.jupyterapp?.shell.widgets('main') ?? [])].find(w => w.sessionContext)"
outputs = f"({book}).content.model.sharedModel.toJSON().cells.flatMap(c => c.outputs ?? [])"

# What a person does with each panel of `widgets`, and what the panel shows in the end. It is found by a part that only it has.
panels = {
    'browse': ('select', [('write', 'coffee'), ('press', 'ask')], r'base\s+finetune\s+reader\s+\S'),
    'guess': ('button=reveal', [('press', ''), ('press', 'reveal')], r'[01] of 1 right'),
    'talk': ('button=send', [('slide', ''), ('write', 'Tell me something interesting.'), ('press', 'send')], r'finetune \((?!1 W)[\d.]+ W\): *\S'),
    'upload': ('button=Upload', [('press', 'Upload'), ('press', 'ask')], r'confidence\s+0?\.\d'),
    'rescale': ('.noUi-handle', [('slide', '')], r'strength\s+(?!1\.0\s)[\d.]+\s+answer'),
}

find = """(part, what) => {
    const button = (a, text) => [...a.querySelectorAll('button')].find(b => b.textContent.trim().startsWith(text));
    const areas = [...document.querySelectorAll('.jp-OutputArea')].filter(a => !a.querySelector('.jp-OutputArea'));
    const panel = areas.find(a => part.startsWith('button=') ? button(a, part.slice(7))
        : a.querySelector(part) && !button(a, 'send'));
    const [kind, text] = what ?? [];
    return !kind ? panel : kind == 'press' ? button(panel, text) : panel.querySelector(kind == 'slide' ? '.noUi-handle' : 'input[type=text]') }"""

def use(browser, address, seconds, files):
    "Run all cells of an open notebook, then use its panels; `files()` are uploaded; what is wrong"
    browser.look((1400, 1000))
    browser.go(address)
    ready = f'({book})?.sessionContext.session?.kernel?.status == "idle"'
    if not browser.until(ready, 120): return ['the notebook did not open with a kernel']
    browser.js(f"jupyterapp.shell.activateById(({book}).id)")
    browser.js("jupyterapp.commands.execute('notebook:run-all-cells').then(() => window.finished = true), 0")
    if not browser.until('window.finished === true', seconds): return [f'the notebook was not finished after {seconds} s']
    text = browser.js(f"({book}).content.model.sharedModel.toJSON().cells.map(c => c.source).join()")
    bad = errors(browser)
    for name in panels:
        if f'{name}(' in text: bad += drive(browser, name, files, seconds)
    return bad + [e for e in errors(browser) if e not in bad]

def errors(browser): return [f'an error: {o}' for o in browser.js(f"{outputs}.filter(o => o.output_type == 'error').map(o => o.evalue)")]

def drive(browser, name, files, seconds):
    "Do with a panel what a person does; what is wrong"
    part, acts, wanted = panels[name]
    of = lambda *what: f"({find})({json.dumps(part)}{''.join(', ' + json.dumps(w) for w in what)})"
    if not browser.until(f'!!{of()}'): return [f'{name} is not there']
    for act in acts:
        kind, text = act
        if not browser.until(f'!!{of(act)}'): return [f'{name}: nothing to {kind} {text}']
        click(browser, of(act), upload=files() if text == 'Upload' else None)
        if kind == 'write': browser('Input.insertText', text=text)
        if kind == 'slide': press_key(browser, 'ArrowRight', 39)
        time.sleep(1)                                  # the kernel hears of it
    shown = browser.until(f'new RegExp({json.dumps(wanted)}).test({of()}.innerText)', seconds)
    return [] if shown else [f"{name} does not show {wanted} but {browser.js(of() + '.innerText')!r}"]

def press_key(browser, key, code):
    for kind in 'keyDown', 'keyUp': browser('Input.dispatchKeyEvent', type=kind, key=key, code=key, windowsVirtualKeyCode=code)

def click(browser, element, upload=None):
    "Click the middle of an element; `upload` has the files for the dialog that this opens"
    if upload: browser('Page.setInterceptFileChooserDialog', enabled=True)
    for _ in range(3):                                 # cells that come into sight are laid out late and move the others
        browser.js(f"({element}).scrollIntoView({{block: 'center'}})")
        time.sleep(.3)
    x, y = browser.js(f"(r => [r.x + r.width / 2, r.y + r.height / 2])(({element}).getBoundingClientRect())")
    for kind in 'mousePressed', 'mouseReleased': browser('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)
    if upload:
        asked = lambda: [e for e in browser.events if e.get('method') == 'Page.fileChooserOpened']
        browser.until('false', 2)                      # hears the browser's events
        if asked(): browser('DOM.setFileInputFiles', files=upload, backendNodeId=asked()[-1]['params']['backendNodeId'])

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--all', action='store_true', help='every page, not only some of each kind')
    p.add_argument('--shots', type=Path, help='a folder for pictures of what is seen')
    p.add_argument('--lab', nargs='?', type=Path, const=root/'nbs/demo.ipynb', metavar='NOTEBOOK',
                   help='instead: run a notebook in JupyterLab and use every panel in it (default: the demo)')
    p.add_argument('--lab-folder', type=Path, help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.lab:
        if not chromium(): sys.exit('No Chromium is installed.')
        browser = Browser(chromium())
        try: bad = lab(browser, a.lab.resolve(), a.lab_folder)
        finally: browser.close()
        print('\n'.join(bad) if bad else 'nothing wrong')
        sys.exit(bool(bad))
    site, program = root/'_docs', chromium()
    if not (site/'index.html').exists(): sys.exit('There is no site in _docs. Build it with scripts/docs.sh.')
    bad = broken_links(site) + heavy(site) + bad_notebooks(root/'nbs')
    if not program: print('No Chromium is installed, so the pages are not looked at: install chromium, or name one in CHROMIUM.')
    else:
        browser, base = Browser(program), serve(site)
        try:
            if a.shots: a.shots.mkdir(parents=True, exist_ok=True)
            looked = pages(site) if a.all else some(site)
            for page in looked: bad += [f'{page}: {o}' for o in visit(browser, base, page, a.shots)]
            bad += toggle(browser, base)
            for dark in (False, True): bad += search(browser, base, dark)
        finally: browser.close()
        print(f'looked at {len(looked)} of {len(pages(site))} pages in light, dark and on a phone')
    print('\n'.join(bad) if bad else 'nothing wrong')
    sys.exit(bool(bad))
