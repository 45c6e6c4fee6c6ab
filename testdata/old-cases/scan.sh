#!/usr/bin/env bash
# Makes a lab with the case "demo" by an older athar, and what that athar answered about it. As root (the evidence is put at /evidence, so
# that no path of a developer's machine is in the file). usage: scan.sh ATHAR FOLDER
set -euo pipefail
athar=$(realpath "$1") to=$(realpath -m "$2") here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export TZ=UTC ATHAR_LAB=$to/lab
[ ! -e /evidence ]
trap 'rm -rf /evidence' EXIT
mkdir -p /evidence "$to"
cp "$here/../demo/demo.raw" "$here/../demo/known-bad.csv" /evidence/
cd "$to"
"$athar" --quiet --examiner 'A. Examiner' scan /evidence/demo.raw --hash-set /evidence/known-bad.csv --case demo
"$athar" --json find demo --hit >find-hit.jsonl
"$athar" --json find demo --name '*.txt' >find-txt.jsonl
"$athar" export demo --format jsonl >export.jsonl
# One file each, without a log beside it.
python3 - lab/cases/demo.db lab/ledger.db <<'PYTHON'
import sqlite3, sys
for path in sys.argv[1:]:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
PYTHON
rm -rf lab/hash-sets lab/cases/*.lock
sha256sum lab/cases/demo.db lab/ledger.db *.jsonl >SHA256SUMS
