"""Lists and hashes the files of one file system with dissect, one JSON object a line. usage: dissect_list.py IMAGE START LENGTH"""

import hashlib
import json
import logging
import pathlib
import sys

from dissect.target import container, filesystem
from dissect.util.stream import RangeStream

logging.disable(logging.CRITICAL)


def files(folder, path):
    """Every regular file below a folder with its path; links are not followed."""
    for entry in folder.scandir():
        if entry.name in (".", "..") or entry.is_symlink():
            continue
        below = f"{path}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from files(entry.get(), below)
        elif entry.is_file(follow_symlinks=False):
            yield below, entry.get()


def listed(path, entry):
    digest, size = hashlib.md5(), 0
    with entry.open() as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    return {"path": path, "size": size, "md5": digest.hexdigest()}


def main():
    image, start, length = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    system = filesystem.open(RangeStream(container.open(image), start, length))
    for path, entry in files(system.get("/"), ""):
        try:
            print(json.dumps(listed(path, entry)))
        except Exception as error:  # whatever a reader raises: said, and the next file is taken
            print(f"{path}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
