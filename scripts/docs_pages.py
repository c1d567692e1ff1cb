"""What scripts/docs.py adds to nbdev's pages: parameter tables, folded source, formulas, and pages made from the code."""
import argparse, ast, html, importlib, inspect, re, textwrap
from fastcore.docments import docments
from nbdev.showdoc import BasicMarkdownRenderer
from nbdev.doclinks import NbdevLookup

def cell(text):
    "Text for one cell of a markdown table"
    return ' '.join(str(text).split()).replace('|', '\\|')

def code_cell(text):
    "Code for one cell of a markdown table"
    return f'`{cell(text)}`' if text else ''

# ---- signatures ----

def constructor(sym): return sym.__init__ if inspect.isclass(sym) else sym

def defaults_of(sym):
    "{parameter: its default as it is written}; {} without source"
    try: source = textwrap.dedent(inspect.getsource(inspect.unwrap(constructor(sym))))
    except (OSError, TypeError): return {}
    args = ast.parse(source).body[0].args
    named = args.posonlyargs + args.args
    pairs = [*zip(named[len(named)-len(args.defaults):], args.defaults), *zip(args.kwonlyargs, args.kw_defaults)]
    return {a.arg: ast.get_source_segment(source, d) for a, d in pairs if d is not None}

def fields_of(sym):
    "{field: comment} of a named tuple; {} for anything else"
    if not hasattr(sym, '_fields'): return {}
    try: source = inspect.getsource(sym)
    except OSError: return {}                      # defined in a notebook, which keeps no source of a class
    return dict(re.findall(r'^    (\w+): [^#\n]*# (.*)', source, flags=re.M))

def parameters(sym):
    "[(name with stars, name, default, comment)] of a function or class"
    try: signature = inspect.signature(sym)
    except (TypeError, ValueError): return []
    written, comments = defaults_of(sym), docments(sym, returns=False, args_kwargs=True) | fields_of(sym)
    stars = {inspect.Parameter.VAR_POSITIONAL: '*', inspect.Parameter.VAR_KEYWORD: '**'}
    return [(stars.get(p.kind, '') + p.name, p.name,
             '' if p.default is p.empty else written.get(p.name, repr(p.default)), comments.get(p.name))
            for p in signature.parameters.values()]

def call(name, sym, width=84):
    "How a function or class is called, on one line or on one line for each parameter"
    parts, starred = [], False
    for p, (shown, _, default, _) in zip(inspect.signature(sym).parameters.values(), parameters(sym)):
        if p.kind == p.KEYWORD_ONLY and not starred: parts.append('*')
        starred |= p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        if shown != 'self': parts.append(f'{shown}={default}' if default else shown)
    line = f"{name}({', '.join(parts)})"
    return line if len(line) <= width else f'{name}(\n' + ''.join(f'    {o},\n' for o in parts) + ')'

def full_name(name, sym):
    "The name with its class, also of a method that was defined outside of the class and is wrapped"
    try: first = next(iter(inspect.signature(sym).parameters.values()), None)
    except (TypeError, ValueError): return name
    owner = getattr(first, 'annotation', None)
    return f'{owner.__name__}.{name}' if '.' not in name and first and first.name == 'self' and inspect.isclass(owner) else name

class Renderer(BasicMarkdownRenderer):
    "A signature, the docstring, and a table of the parameters"
    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.nm = full_name(self.nm, self.sym)
        self.is_property = bool(args) and isinstance(args[0], property)

    def _repr_markdown_(self):
        source = NbdevLookup().code(self.fn)
        out = ['---', f'[source]({source}){{.source-link}}' if source else '', f"{'#'*self.title_level} {self.nm}"]
        try: out.append('*A property.*' if self.is_property else f'```python\n{call(self.nm, self.sym)}\n```')
        except (TypeError, ValueError): pass
        if self.docs: out.append(self.docs)
        rows = [(shown, default, note or '') for shown, name, default, note in parameters(self.sym) if name != 'self']
        if any(note for _, _, note in rows):
            out.append('\n'.join(['| parameter | default | what it is |', '|---|---|---|'] + [
                f'| {code_cell(n)} | {code_cell(d)} | {cell(note)} |' for n, d, note in rows]))
        return '\n\n'.join(filter(None, out))

# ---- cells ----

def defined(source):
    "The functions and classes that a cell defines"
    try: body = ast.parse(source).body
    except SyntaxError: return []
    return [o.name for o in body if isinstance(o, (ast.FunctionDef, ast.ClassDef))]

def fold_export(c):
    "Fold the source of an exported cell, and drop it if it only imports or is hidden"
    found = (c.directives_ or {}).keys()
    if found & {'exporti', 'hide', 'default_exp'}: del(c['source'])
    elif 'export' in found:
        lines = c.source.splitlines()
        if all(isinstance(o, (ast.Import, ast.ImportFrom)) for o in ast.parse(c.source).body): del(c['source'])
        else:
            names = ', '.join(defined(c.source)) or 'constants'
            c.source = f'#| code-fold: true\n#| code-summary: "Source of {names}"\n' + '\n'.join(lines)

def is_test(source):
    "True for code with an assertion or a `test_*` call anywhere in it"
    try: body = ast.parse(source).body
    except SyntaxError: return False
    checks = [isinstance(n, ast.Assert) or isinstance(n, ast.Call) and getattr(n.func, 'id', '').startswith('test_')
              for o in body for n in ast.walk(o)]
    return any(checks)

def fold_test(c, lines=4):
    "Fold a test that is longer than the sentence that it proves and shows nothing"
    if c['cell_type'] != 'code' or c.get('outputs'): return
    source = ''.join(c['source'])
    if '#| ' in source or source.strip().count('\n') < lines or not is_test(source): return
    c['source'] = '#| code-fold: true\n#| code-summary: "Test"\n' + source

def unseen(c):
    "True for the documentation of a private name, or of a method of a private class"
    return c['cell_type'] == 'code' and bool(re.search(r'^show_doc\((\w+\.)*_[a-zA-Z]', ''.join(c['source']), flags=re.M))

def source_last(cells):
    "The folded source of a cell goes behind the documentation of what it defines"
    for i, c in enumerate(cells):
        if not ''.join(c['source']).startswith('#| code-fold: true\n#| code-summary: "Source of'): continue
        j = i
        while j+1 < len(cells) and 'show_doc(' in ''.join(cells[j+1]['source']) and cells[j+1]['cell_type'] == 'code': j += 1
        cells[i:j+1] = cells[i+1:j+1] + [c]
    return cells

# ---- pages made from the code ----

def methods(cls):
    "[(name, function)] of the public methods that a class defines itself"
    for name, f in sorted(vars(cls).items()):
        f = getattr(f, 'fget', getattr(f, '__func__', f))
        if inspect.isfunction(f) and not name.startswith('_'): yield name, f

def inherited(owner, name):
    "The methods of this name in a class and in its base classes, nearest first"
    found = [vars(k)[name] for k in getattr(owner, '__mro__', ()) if name in vars(k)]
    return [getattr(f, 'fget', getattr(f, '__func__', f)) for f in found]

def gaps(module):
    """A line for each public name of a module without a docstring, and for each of its parameters without a comment.

    A method takes what it lacks from the method that it overrides, and the fields of a dataclass from its base."""
    for name, o in [(n, getattr(module, n)) for n in getattr(module, '__all__', [])]:
        if not (inspect.isclass(o) or inspect.isfunction(o)): continue
        named = [(name, o.__mro__[:-1] if inspect.isclass(o) else [o])]
        if inspect.isclass(o): named += [(f'{name}.{m}', inherited(o, m)) for m, _ in methods(o)]
        for full, ways in named:
            where = f'{module.__name__}.{full}'
            if not any((f.__doc__ or '').strip() for f in ways): yield f'{where} has no docstring'
            noted = {p for f in ways for _, p, _, note in parameters(f) if note}
            for _, p, _, _ in parameters(ways[0]):
                if p not in ('self', 'cls', 'args', 'kwargs') and p not in noted: yield f'{where}: {p} has no comment'

def first_line(o):
    "The first line of a docstring, or nothing"
    return (inspect.getdoc(o) or '').split('\n')[0] if not isinstance(o, (int, float, str, tuple, dict, list)) else ''

def public(module):
    "[(qualified name, object)] of a module: its public names, each class followed by its public methods"
    for name in sorted(getattr(module, '__all__', []), key=str.lower):
        o = getattr(module, name)
        yield name, o
        if inspect.isclass(o): yield from ((f'{name}.{m}', f) for m, f in methods(o) if inspect.getdoc(f))

def api_page(shown, lib):
    "A page with every public name of the modules, what it does, and a link; `shown` has the names that a module's page shows"
    out = ['---', 'title: Public names', 'description: "Every public class, method and function, made from the modules."', '---', '']
    for m in shown:
        module = importlib.import_module(f'{lib}.{m}')
        rows = [f"| [`{n}`]({m}.html{'#' + n.lower() if n in shown[m] else ''}) | {cell(first_line(o))} |"
                for n, o in public(module) if inspect.isclass(o) or inspect.isfunction(o)]
        if rows: out += [f'## [{m}]({m}.ipynb)', '', '| name | what it does |', '|---|---|', *rows, '']
    return '\n'.join(out) + '\n'

def option_rows(parser):
    "One table row for each argument of a command"
    for a in parser._actions:
        if isinstance(a, (argparse._HelpAction, argparse._SubParsersAction)): continue
        name = ', '.join(a.option_strings) or a.metavar or a.dest
        value = '' if a.nargs == 0 or not a.option_strings else a.metavar or (
            '{' + ','.join(map(str, a.choices)) + '}' if a.choices else a.dest.upper())
        about = (a.help or '') % dict(vars(a), prog=parser.prog)
        yield f"| {code_cell(f'{name} {value}'.strip())} | {cell(about)} |"

def options_page(parser):
    "A page with every command and option of the command line"
    out = ['---', 'title: Commands and options', f'description: "`{parser.prog}` and its options, made from its parser."', '---', '']
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    for name, sub in commands.items():
        out += [f'## {name}', '', sub.description or '', '', '| option | meaning |', '|---|---|', *option_rows(sub), '']
    return '\n'.join(out) + '\n'

# ---- the finished pages ----

def mathml(page):
    "The page with its formulas as MathML, and without the library that smalldocs would load from the network"
    def formula(m):
        from latex2mathml.converter import convert
        display, tex = m[1] == 'display', html.unescape(m[2]).strip()[2:-2]
        return convert(tex, display='block' if display else 'inline')
    page = re.sub(r'<span class="math (inline|display)">(.*?)</span>', formula, page, flags=re.S)
    return re.sub(r'<(?:link|script)[^>]*katex[^>]*>(?:</script>)?\n?', '', page)
