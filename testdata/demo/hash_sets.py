"""Writes the hash sets that go with the demonstration disk. usage: hash_sets.py CONTENTS FOLDER"""

import hashlib
import pathlib
import sys

BAD = [("fat/beach.jpg", "beach.jpg", "alert"), ("ext/ledger.csv", "ledger.csv", "notable")]
KNOWN = [("ext/hosts.txt", "hosts.txt")]


def main():
    contents, folder = map(pathlib.Path, sys.argv[1:])
    lines = ["md5,sha1,sha256,name,disposition"]
    for path, name, disposition in BAD:
        data = (contents / path).read_bytes()
        digests = [hashlib.new(algorithm, data).hexdigest() for algorithm in ("md5", "sha1", "sha256")]
        lines.append(",".join([*digests, name, disposition]))
    (folder / "known-bad.csv").write_text("\n".join(lines) + "\n")
    known = [f"{hashlib.sha256((contents / path).read_bytes()).hexdigest()}  {name}" for path, name in KNOWN]
    (folder / "known.sha256").write_text("\n".join(known) + "\n")


if __name__ == "__main__":
    main()
