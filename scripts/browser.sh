#!/usr/bin/env bash
# Look at the docs site in headless Chromium: contrast, width, links, search. Builds _docs/ first if there is none. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh" --dev
. "$here/env.sh"
case " $* " in *' --lab '*)    # JupyterLab goes into a scratch folder, and not into the environment
    lab=$(mktemp -d)
    trap 'rm -rf "$lab"' EXIT
    python -m pip install --no-input -qq --target "$lab" jupyterlab </dev/null
    python "$here/browser.py" "$@" --lab-folder "$lab" </dev/null
    exit
esac
[ -e "$root/_docs/index.html" ] || python "$here/docs.py" --check
exec python "$here/browser.py" "$@" </dev/null
