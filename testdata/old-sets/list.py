#!/usr/bin/env python3
"""Writes list.csv: 202 entries; digests of every kind, spread and alike, some of several entries, and two files of the demonstration disk.
usage: list.py > list.csv"""
import csv
import hashlib
from pathlib import Path

print("md5,sha1,sha256,size,category,name")
for n in range(1, 201):
    text = str(n).encode()
    # Numbers of few bits, all in one cell of the index; 37 MD5 for the first 60 entries.
    md5 = f"{n % 37 + 1:032x}" if n <= 60 else hashlib.md5(text).hexdigest()
    sha1 = f"{n * 7919:040x}" if n <= 60 else hashlib.sha1(text).hexdigest()
    sha256 = "" if n % 3 == 0 else hashlib.sha256(text).hexdigest()
    print(md5, sha1, sha256, n * 10 if n % 2 else "", "c" + str(n % 4) if n % 5 == 0 else "", f"name {n}", sep=",")
for row in csv.DictReader(open(Path(__file__).parent / "../demo/known-bad.csv", encoding="utf-8")):
    print(row["md5"], row["sha1"], row["sha256"], "", "", row["name"], sep=",")
