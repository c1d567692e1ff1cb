"Package metadata for pip; every value comes from settings.ini."
import shlex
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup, find_packages

here = Path(__file__).parent
ini = ConfigParser(delimiters=['='])
ini.read(here/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']
lib = cfg['lib_path']
readme = here/'README.md'

# Files that are not Python but belong to the package: prompts, texts and trained readers
data = [f'data/**/*.{e}' for e in
        ('safetensors', 'json', 'jsonl', 'jsonl.gz', 'csv', 'csv.gz', 'txt', 'md')]

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'],
    author=cfg['author'], author_email=cfg['author_email'], keywords=cfg['keywords'],
    url=cfg['git_url'], license='Apache-2.0',
    packages=find_packages(include=[lib, f'{lib}.*']),
    package_data={lib: data}, include_package_data=False,
    python_requires=f">={cfg['min_python']},<3.14",
    install_requires=shlex.split(cfg['requirements']),
    extras_require={'dev': shlex.split(cfg['dev_requirements'])},
    entry_points={'console_scripts': shlex.split(cfg['console_scripts']), 'nbdev': [f'{lib}={lib}._modidx:d']},
    project_urls={'Documentation': cfg['doc_host'] + cfg['doc_baseurl']},
    long_description=readme.read_text(encoding='utf-8') if readme.exists() else '',
    long_description_content_type='text/markdown',
)
