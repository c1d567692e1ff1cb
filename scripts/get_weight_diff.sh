#!/usr/bin/env bash
# Set up, then train weight diffs (step 1). Arguments go to `diffinterp train-diffs`; the run is in runs/diffs unless --out names another folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh"
. "$here/env.sh"
exec diffinterp train-diffs "$@"
