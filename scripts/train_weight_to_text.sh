#!/usr/bin/env bash
# Set up, then train the weight-to-text reader. Arguments go to `diffinterp train-weight-to-text`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh"
. "$here/env.sh"
exec diffinterp train-weight-to-text "$@"
