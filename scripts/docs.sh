#!/usr/bin/env bash
# Build README.md and the docs site in _docs/. With --check: leave README.md as it is and fail if it is out of date.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh" --dev
. "$here/env.sh"
exec python "$here/docs.py" "$@"
