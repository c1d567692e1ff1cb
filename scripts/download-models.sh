#!/usr/bin/env bash
# Set up, then fetch and cache the models. Arguments go to `diffinterp download-models`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh"
. "$here/env.sh"
exec diffinterp download-models "$@"
