"""Writes the files of the demonstration disk below FOLDER/fat and FOLDER/ext. usage: contents.py FOLDER

Every byte is computed here: nothing is taken from anywhere, nothing depends on the clock or the machine.
"""

import hashlib
import pathlib
import struct
import sys
import zlib


def noise(seed, length):
    """Bytes that look random and are the same everywhere: SHA-256 of seed and counter."""
    blocks = (hashlib.sha256(f"{seed} {n}".encode()).digest() for n in range(length // 32 + 1))
    return b"".join(blocks)[:length]


def png(width, height, seed):
    """A valid PNG, 8-bit RGB, deflate blocks stored so that no compressor's version matters."""
    rows = b"".join(b"\0" + noise(f"{seed} {y}", width * 3) for y in range(height))
    stored = b"\x78\x01"
    for at in range(0, len(rows), 65535):
        part = rows[at : at + 65535]
        last = at + 65535 >= len(rows)
        stored += struct.pack("<BHH", last, len(part), len(part) ^ 0xFFFF) + part
    stored += struct.pack(">I", zlib.adler32(rows))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stored) + chunk(b"IEND", b"")


def jpeg(blocks, comment):
    """A valid grey baseline JPEG of blocks x blocks blocks of 8 x 8 pixels, with a comment."""

    def segment(marker, data):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data

    one_code_of_one_bit = bytes([1] + [0] * 15) + b"\0"
    return b"".join(
        [
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0" + struct.pack(">HBHHBB", 0x0101, 1, 72, 72, 0, 0)),
            segment(0xFE, comment),
            segment(0xDB, b"\0" + b"\1" * 64),
            segment(0xC0, struct.pack(">BHHB3B", 8, blocks * 8, blocks * 8, 1, 1, 0x11, 0)),
            segment(0xC4, b"\x00" + one_code_of_one_bit),
            segment(0xC4, b"\x10" + one_code_of_one_bit),
            segment(0xDA, b"\1\1\0\0\x3f\0"),
            bytes(blocks * blocks * 2 // 8),
            b"\xff\xd9",
        ]
    )


def main():
    folder = pathlib.Path(sys.argv[1])
    fat, ext = folder / "fat", folder / "ext"
    files = {
        fat / "resume.txt": "Résumé d'enquête : la clé a été saisie au café, scellé n° 4471.\n".encode(),
        fat / "beach.jpg": jpeg(16, noise("beach", 5000)),
        fat / "holiday.png": png(48, 40, "holiday"),
        fat / "invoice.txt": "Facture n° 12 — réglée en espèces, 3 750 €\n".encode() * 20,
        fat / "accounts.bin": noise("accounts", 23_457),
        fat / "empty.txt": b"",
        fat / "erased.txt": "Rendez-vous à minuit, brûler après lecture.\n".encode() * 40,
        ext / "report.txt": "التقرير النهائي: لا شيء للإبلاغ عنه.\n".encode() * 30,
        ext / "ledger.csv": "التاريخ,المبلغ\n2024-02-17,3750\n2024-02-18,12000\n".encode(),
        ext / "picture.png": png(64, 64, "picture"),
        ext / "hosts.txt": b"127.0.0.1 localhost\n::1 localhost\n",
        ext / "empty": b"",
        ext / "sparse.bin": noise("sparse start", 1500) + bytes(300_000) + noise("sparse end", 2000),
        ext / "erased.txt": "Supprimé, mais pas disparu.\n".encode() * 100,
    }
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o644)


if __name__ == "__main__":
    main()
