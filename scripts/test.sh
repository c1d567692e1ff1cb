#!/usr/bin/env bash
# Test everything: exports, clean notebooks, every notebook, the docs, and the docs in a browser if there is one. See `scripts/test.sh --help`.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! "$here/setup.sh" --dev; then
    echo 'FAIL setup'
    echo '0 passed, 1 failed'
    exit 1
fi
. "$here/env.sh"
if [ -z "${DIFFINTERP_REFERENCE_DATA:-}" ] && [ -d "$root/../shared/data" ]; then
    export DIFFINTERP_REFERENCE_DATA=$(cd "$root/../shared/data" && pwd)
fi
exec python "$here/test.py" "$@" </dev/null
