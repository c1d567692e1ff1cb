#!/usr/bin/env bash
# Set up, then run the demo. Arguments go to `diffinterp demo`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh"
. "$here/env.sh"
exec diffinterp demo "$@"
