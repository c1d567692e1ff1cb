# Sourced by the other scripts: the project's folder and its virtual environment.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -x "${VIRTUAL_ENV:-}/bin/python" ]; then venv=$VIRTUAL_ENV; else venv=$root/.venv; fi
export VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONHOME
