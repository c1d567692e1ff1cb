#!/usr/bin/env bash
# Set up, then train weight diffs. Arguments go to `diffinterp train-diffs`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh"
. "$here/env.sh"
exec diffinterp train-diffs "$@"
