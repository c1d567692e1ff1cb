#!/usr/bin/env bash
# Set up, then train a reader on weight diffs (step 2): on those of get_weight_diff.sh, in runs/diffs, unless --diffs names other ones.
# Arguments go to `diffinterp train-reader`; the reader is a DIT adapter unless --kind names another kind.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
diffs=(--diffs runs/diffs)
for a in "$@"; do
    case "$a" in --diffs | --diffs=* | --make | --make=* | -h | --help) diffs=() ;; esac
done
if [ ${#diffs[@]} -gt 0 ] && [ ! -e runs/diffs/config.json ]; then
    echo "There are no weight diffs in runs/diffs. Train them with scripts/get_weight_diff.sh, or name others: --diffs FOLDER" >&2
    exit 2
fi
"$here/setup.sh"
. "$here/env.sh"
exec diffinterp train-reader "${diffs[@]+"${diffs[@]}"}" "$@"
