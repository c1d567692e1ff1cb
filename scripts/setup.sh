#!/usr/bin/env bash
# Install diffinterp: into the active virtual environment, else into .venv. --dev adds the tools to test and build it.
set -euo pipefail
given_path=$PATH
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

extra=''
case "$*" in '') ;; --dev) extra='[dev]' ;; *) echo "usage: scripts/setup.sh [--dev]" >&2; exit 2 ;; esac
say() { echo "setup: $*" >&2; }
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

# Done before with the same requirements? Then there is nothing to do.
stamp=$venv/.diffinterp${extra:+-dev}
now="$root $(cat "$root"/{settings.ini,setup.py,pyproject.toml} | cksum)"
for s in "$stamp" "$venv/.diffinterp-dev"; do
    if [ -x "$venv/bin/diffinterp" ] && [ "$(cat "$s" 2>/dev/null)" = "$now" ]; then exit 0; fi
done

if ! "$venv/bin/python" -c '' 2>/dev/null; then
    py=''
    for p in ${PYTHON:-python3 python3.12 python3.13 python3.11 python}; do
        if PATH=$given_path fits "$p"; then py=$(PATH=$given_path command -v "$p"); break; fi
    done
    if [ -z "$py" ]; then
        say "no Python 3.11, 3.12 or 3.13 found. Install one, or name it: PYTHON=/path/to/python3.12 scripts/setup.sh"
        exit 1
    fi
    say "making $venv with $("$py" --version)"
    if ! "$py" -m venv --clear "$venv"; then
        say "$py cannot make a virtual environment. On Debian and Ubuntu install its python3-venv package."
        exit 1
    fi
elif ! fits "$venv/bin/python"; then
    say "$venv has $("$venv/bin/python" --version), but diffinterp needs Python 3.11, 3.12 or 3.13."
    say "Remove that folder, or leave that environment (deactivate), and try again."
    exit 1
fi

# An environment that `uv` made has no pip. Python brings one.
if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    say "putting pip into $venv"
    "$venv/bin/python" -m ensurepip >/dev/null
fi
pip() { "$venv/bin/python" -m pip --no-input -qq "$@"; }

# PyPI's torch for Linux brings gigabytes of CUDA. Without an NVIDIA GPU take the CPU build, if one can be had.
has_torch() {
    "$venv/bin/python" -c 'import torch; v = torch.__version__.split("."); exit((int(v[0]), int(v[1])) < (2, 10))' 2>/dev/null
}
if [ "$(uname -s)" = Linux ] && ! nvidia-smi -L >/dev/null 2>&1 && ! has_torch; then
    say "installing torch for the CPU"
    pip install torch==2.13.0+cpu 2>/dev/null ||
        pip install --retries 1 --timeout 20 --index-url https://download.pytorch.org/whl/cpu torch==2.13.0 2>/dev/null ||
        { command -v uv >/dev/null && uv pip install -q --python "$venv/bin/python" --torch-backend cpu torch==2.13.0 2>/dev/null; } ||
        pip install torch==2.13.0
fi

say "installing diffinterp$extra and what it needs"
pip install -e "$root$extra"
echo "$now" > "$stamp"
say "done"
