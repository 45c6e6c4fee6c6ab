#!/usr/bin/env bash
# Makes a library of one set from list.csv by an older athar. usage: compile.sh ATHAR FOLDER
set -euo pipefail
athar=$(realpath "$1") to=$(realpath -m "$2") here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab=$(mktemp -d)
trap 'rm -rf "$lab"' EXIT
export TZ=UTC ATHAR_LAB=$lab
cd "$here"
"$athar" --quiet --examiner 'A. Examiner' hash-set import list.csv --name old --set-version 1 --yes
mkdir -p "$to"
cp -r "$lab"/hash-sets/[0-9a-f]* "$to"
chmod -R u+rwX,go+rX "$to"
cd "$to"
sha256sum */* >SHA256SUMS
