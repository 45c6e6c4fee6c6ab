#!/usr/bin/env bash
# Makes the seeds in `corpus/`: small images and files by independent programs, packed (see targets/README.md).
# Needs root for loop mounts (NTFS, exFAT); what cannot be made here is left out and said.
#   seeds.sh [FOLDER]   (default: corpus beside this script)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(mkdir -p "${1:-$here/corpus}" && cd "${1:-$here/corpus}" && pwd)
work=$(mktemp -d)
trap 'cd /; mountpoint -q "$work/mnt" && umount "$work/mnt"; rm -rf "$work"' EXIT
cd "$work"
mkdir mnt
export PATH="$PATH:/usr/sbin:/sbin" E2FSPROGS_FAKE_TIME=1700000000
export MTOOLS_SKIP_CHECK=1
cargo build --quiet --manifest-path "$here/../../Cargo.toml" --package fuzz-targets
program=${CARGO_TARGET_DIR:-$here/../../target}/debug/fuzz-targets
tool() { "$program" "$@"; }
pack() { # pack TARGET NAME WHAT MOST IMAGE [START]
    mkdir -p "$out/$1"
    tool pack "$3" "$4" "$5" "$out/$1/$2" ${6:-} >/dev/null || echo "left out: $1/$2"
}
plain() { mkdir -p "$out/$1"; cat >"$out/$1/$2"; }
need() { local program; for program in "$@"; do command -v "$program" >/dev/null || { echo "left out: $program is not installed"; return 1; }; done; }

tree() { # files that exercise a file system, in folder $1
    mkdir -p "$1/one/two/three"
    printf 'hello' >"$1/hello.txt"
    head -c 9000 /dev/zero | tr '\0' 'A' >"$1/nine thousand letters that are all the same.bin"
    printf 'two' >"$1/one/a file with quite a long name.txt"
    head -c 3000 /dev/urandom >"$1/one/two/noise"
    for number in $(seq 1 12); do echo "$number" >"$1/one/two/three/$number.txt"; done
}
tree files

fat() { # fat NAME KIBIBYTES OPTIONS…
    local name=$1 size=$2; shift 2
    truncate -s "${size}K" "$name.img"
    mkfs.fat -i 12345678 --invariant "$@" "$name.img" >/dev/null
    mcopy -s -i "$name.img" files/* ::
    mdel -i "$name.img" '::one/two/three/1*.txt'
    mdeltree -i "$name.img" ::one/two/three
    pack fs_fat "$name" fs 60 "$name.img"
}
if need mkfs.fat mcopy mdel mdeltree; then
    fat fat12 160 -F 12 -s 1
    fat fat16 2400 -F 16 -s 1
    fat fat32 34000 -F 32 -s 1
fi

ext() { # ext NAME KIBIBYTES OPTIONS…
    local name=$1 size=$2; shift 2
    truncate -s "${size}K" "$name.img"
    mke2fs -q -F -U 11111111-2222-3333-4444-555555555555 -E hash_seed=11111111-2222-3333-4444-555555555555 -d files "$@" "$name.img"
    debugfs -w -R 'rm /one/two/noise' "$name.img" 2>/dev/null
    debugfs -w -R 'ln /hello.txt /one/link' "$name.img" 2>/dev/null
    debugfs -w -R 'symlink /soft hello.txt' "$name.img" 2>/dev/null
    debugfs -w -R 'ea_set /hello.txt user.comment remark' "$name.img" 2>/dev/null
    pack fs_ext "$name" fs 90 "$name.img"
}
if need mke2fs debugfs; then
    ext ext2 200 -t ext2 -b 1024 -N 48
    ext ext3 2600 -t ext3 -b 1024 -N 48 -J size=1
    ext ext4 2600 -t ext4 -b 1024 -N 48 -J size=1
    ext ext4-plain 400 -t ext4 -b 1024 -N 48 -O '^has_journal,^metadata_csum,^64bit,inline_data'
    ext ext4-wide 400 -t ext4 -b 2048 -N 48 -O '^has_journal,^metadata_csum,64bit,bigalloc' -C 4096
fi

if need mkntfs ntfs-3g; then
    truncate -s 2M ntfs.img
    mkntfs -q -F -Q -s 512 -c 512 ntfs.img >/dev/null 2>&1
    if ntfs-3g -o streams_interface=windows,compression ntfs.img mnt 2>/dev/null; then
        mkdir mnt/packed
        python3 -c 'import os; os.setxattr("mnt/packed", "system.ntfs_attrib_be", bytes([0, 0, 8, 0]))' || true
        cp -r files/* mnt/
        cp files/nine* mnt/packed/ || true
        printf 'beside' >mnt/hello.txt:stream
        truncate -s 100K mnt/sparse
        ln mnt/hello.txt mnt/one/link
        rm mnt/one/two/three/1*.txt
        umount mnt
    fi
    pack fs_ntfs ntfs fs 200 ntfs.img
    truncate -s 4M ntfs4.img
    mkntfs -q -F -Q -s 512 -c 4096 ntfs4.img >/dev/null 2>&1
    pack fs_ntfs ntfs4 fs 150 ntfs4.img
fi

if need mkfs.exfat; then
    truncate -s 1M exfat.img
    mkfs.exfat -c 512 -b 4K exfat.img >/dev/null
    if mount -o loop exfat.img mnt 2>/dev/null; then
        cp -r files/* mnt/
        rm mnt/one/two/three/1*.txt
        umount mnt
    fi
    pack fs_exfat exfat fs 100 exfat.img
fi

truncate -s 3M medium.raw
for at in 100 900 2000; do head -c 700 /dev/urandom | dd of=medium.raw bs=1K seek=$at conv=notrunc status=none; done
if need qemu-img; then
    image() { # image TARGET NAME FORMAT [OPTIONS]
        qemu-img convert -q -f raw -O "$3" ${4:+-o "$4"} ${5:-} medium.raw "$2" && pack "$1" "$2" all 40 "$2"
    }
    image image_qcow qcow2 qcow2 cluster_size=4096
    image image_qcow qcow2-v2 qcow2 compat=0.10,cluster_size=512
    image image_qcow qcow2-zlib qcow2 cluster_size=4096 -c
    image image_qcow qcow2-zstd qcow2 cluster_size=4096,compression_type=zstd -c
    image image_qcow qcow2-l2 qcow2 cluster_size=16384,extended_l2=on
    image image_qcow qcow1 qcow
    image image_vmdk vmdk vmdk
    image image_vmdk vmdk-stream vmdk subformat=streamOptimized
    image image_vmdk vmdk-flat vmdk subformat=monolithicFlat
    image image_vdi vdi vdi
    image image_vhd vhd vpc
    truncate -s 200K small.raw
    qemu-img convert -q -f raw -O vpc -o subformat=fixed small.raw vhd-fixed && pack image_vhd vhd-fixed all 20 vhd-fixed
    image image_vhdx vhdx vhdx block_size=1M
fi
# Texts: a descriptor with a TAB, a comment and a line that nobody knows; members of a ZIP file in an order that hides what it is.
printf '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\n# Extent description\nRW\t8 FLAT "itself.vmdk"\t0\nRW 8 ZERO\nRW eight ZERO\nddb.adapterType = "ide"\n' >descriptor.vmdk
pack image_vmdk text all 4 descriptor.vmdk
python3 - <<'P'
import zipfile
with zipfile.ZipFile("aff4", "w") as out:
    out.comment = b"aff4://fuzz"
    for name in ("first", "container.description", "information.turtle"):
        out.writestr(zipfile.ZipInfo(name), "aff4://fuzz")
P
pack image_raw aff4 all 8 aff4
if need ewfacquire; then
    truncate -s 200K small.raw
    head -c 2000 /dev/urandom | dd of=small.raw bs=1K seek=50 conv=notrunc status=none
    for format in encase6 ewf smart; do
        ewfacquire -u -q -f $format -b 64 -t "ewf-$format" small.raw >/dev/null 2>&1 || true
        for file in "ewf-$format".[Ees]01; do [ -f "$file" ] && pack image_ewf "ewf-$format" all 40 "$file"; done
    done
fi
python3 - <<'P'
import base64, struct, zlib, bz2, os
def dmg(name, chunks):
    data, entries, sector = b"", b"", 0
    for kind, stored, sectors in chunks:
        entries += struct.pack(">IIQQQQ", kind, 0, sector, sectors, len(data), len(stored))
        data += stored; sector += sectors
    entries += struct.pack(">IIQQQQ", 0xffffffff, 0, sector, 0, 0, 0)
    table = struct.pack(">4sIQQQ", b"mish", 1, 0, sector, 0).ljust(200, b"\0") + struct.pack(">I", len(chunks) + 1) + entries
    xml = b"<plist><dict><key>resource-fork</key><dict><key>blkx</key><array><dict><key>Data</key><data>" + base64.b64encode(table) + b"</data><key>Name</key><string>whole</string></dict></array></dict></dict></plist>"
    koly = bytearray(512); koly[:12] = struct.pack(">4sII", b"koly", 4, 512)
    struct.pack_into(">QQ", koly, 24, 0, len(data)); struct.pack_into(">QQ", koly, 216, len(data), len(xml)); struct.pack_into(">Q", koly, 492, sector)
    open(name, "wb").write(data + xml + koly)
noise = os.urandom(512)
dmg("dmg", [(0x80000005, zlib.compress(b"a" * 8192), 16), (1, noise, 1), (0, b"", 7), (0x80000006, bz2.compress(b"b" * 4096), 8), (2, b"", 4)])
apm = bytearray(64 * 512); struct.pack_into(">2sHI", apm, 0, b"ER", 512, 64)
for number, (start, count, name, kind) in enumerate([(1, 3, b"Apple", b"Apple_partition_map"), (4, 30, b"disk", b"Apple_HFS"), (34, 30, b"", b"Apple_Free")], 1):
    struct.pack_into(">2sHIII32s32s", apm, 512 * number, b"PM", 0, 3, start, count, name, kind)
open("apm", "wb").write(apm)
P
pack image_dmg dmg all 40 dmg
pack image_raw raw all 4 apm
pack volumes apm all 10 apm
if need sfdisk; then
    truncate -s 2M mbr gpt
    printf 'label: dos\nstart=64,size=200,type=7\nstart=300,size=3000,type=5\nstart=320,size=100,type=83\nstart=500,size=100,type=c\n' | sfdisk -q mbr
    printf 'label: gpt\nlabel-id: 11111111-2222-3333-4444-555555555555\nstart=64,size=200,name=one\nstart=300,size=300,name=two\n' | sfdisk -q gpt
    pack volumes mbr all 20 mbr
    pack volumes gpt all 30 gpt
fi
if need lvm losetup; then
    truncate -s 4M lvm2
    if device=$(losetup --show -f lvm2 2>/dev/null); then
        lvm="lvm"; config=(--config "devices{filter=[\"a|$device|\",\"r|.*|\"]} global{locking_type=0}")
        { $lvm pvcreate -q -ff -y --metadatasize 64k "${config[@]}" "$device" && $lvm vgcreate -q "${config[@]}" -s 64k fuzz "$device" &&
          $lvm lvcreate -q -y -an -Zn -l 4 -n one "${config[@]}" fuzz; } >/dev/null 2>&1 || echo 'left out: logical volumes'
        $lvm vgchange -q -an "${config[@]}" fuzz >/dev/null 2>&1 || true
        losetup -d "$device"
        pack volumes lvm2 all 40 lvm2
    fi
fi
mkdir -p "$out/fs_any"
for seed in "$out"/fs_{exfat,ext,fat,ntfs}*/*; do cp "$seed" "$out/fs_any/$(basename "$seed")"; done

python3 - "$out" <<'P'
import bz2, hashlib, os, subprocess, sys, zlib
out = sys.argv[1]
def put(target, name, data):
    os.makedirs(f"{out}/{target}", exist_ok=True); open(f"{out}/{target}/{name}", "wb").write(data)
text = b"the quick brown fox jumps over the lazy dog; " * 20
put("image_codecs", "zlib", b"\x01" + zlib.compress(text)); put("image_codecs", "bzip2", b"\x02" + bz2.compress(text))
put("image_codecs", "adc", b"\x00" + b"\x84hello" + b"\x0c\x04\x40\x00\x04")
put("image_codecs", "lzfse", b"\x03" + b"bvx-\x05\0\0\0hello" + b"bvx$"); put("image_codecs", "lzvn", b"\x03" + b"bvxn\x20\0\0\0\x0e\0\0\0\xe5hello\x06" + b"\0" * 7 + b"bvx$")
import lzma; put("image_codecs", "xz", b"\x04" + lzma.compress(text))
raw = zlib.compressobj(9, zlib.DEFLATED, -15); raw = raw.compress(text) + raw.flush()
for number, name, data in [(0, "adc", b"\x84hello\x0c\x04\x40\x00\x04"), (1, "bzip2", bz2.compress(text)), (2, "deflate", raw), (3, "lzfse", b"bvx-\x05\0\0\0hellobvx$"),
    (4, "lznt1", b"\x03\xb0\x02a\xfc\x0f"), (5, "lzx", b"\x40\x60\0\0" + b"\x01\0\0\0" * 3 + bytes(1024)), (6, "xpress", b"\x88" * 256 + bytes(range(256))),
    (7, "xz", lzma.compress(text)), (8, "zlib", zlib.compress(text)), (9, "zstd", subprocess.run(["zstd", "-19", "--check", "-c"], input=text, capture_output=True, check=True).stdout)]:
    put("codecs", name, bytes([number, 1]) + data)
put("lznt1", "words", b"\x05\xb0\x02\x61\x62\x07\x10\x08" + b"\0\0"); put("lznt1", "stored", b"\xff\x3f" + bytes(range(256)) * 16)
put("xpress", "noise", b"\x05" + os.urandom(400)); put("xpress", "even", b"\x05" + b"\x88" * 256 + os.urandom(300))
put("lzx", "noise", b"\x05" + os.urandom(300)); put("lzx", "stored", b"\x01" + b"\x00\x30\x01\0\0\0\x01\0\0\0\x01\0\0\0" + text)
md5, sha1, sha256 = (getattr(hashlib, name)(b"abc").hexdigest() for name in ("md5", "sha1", "sha256"))
U = md5.upper()
lines = [f'md5,"na""me",size,category\n{md5},"a,b\nc",3,x\n', f"# c\n{md5}\n{sha1} # d\n", f"\\{md5}  a\\\\b\nMD5 (x) = {md5}\n", f"{md5}  a\0{md5}  b\0",
  f"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n## c\n3,{md5},/a,b\n", f"         3  {md5}  /a\n",
  f'"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"\n"{sha1}","{U}","00000000","a",3,1,"WIN",""\n',
  f'"SHA-1","FileName","FileSize","ProductCode","OpSystemCode","MD4","MD5","CRC32","SpecialCode"\n"{sha1}","a",3,1,"WIN","{U}","{U}","00000000",""\n',
  f'"file_id","hashset_id","file_name","directory","hash","file_size","date_modified"\n1,2,"a",,"{U}",3,\n', None,
  f"V3Hash,HashSHA1,FileName,FilePath,FileSize,HashSHA256\n{U},{sha1},a,b,\\,3,\n", f"MD5\n{U}\n", f"MD5;SHA1;PhotoDNA;Image ID;Victim identified;Baseline\n{U};;;1;y;n\n"]
lines = [line.encode() if line else (b"HASH\r\n\xff\0\x02\0\0\0\x01\0\0\0\x01\0\0\0").ljust(1152, b"\0") + bytes.fromhex(md5) + b"\0\0" for line in lines]
for number, line in enumerate(lines): put("hash_set_text", f"{number:02}", bytes([number]) + line); put("hash_set_recognised", f"{number:02}", line)
put("hash_set_recognised", "utf16", b"\xff\xfe" + f"MD5\n{U}\n".encode("utf-16-le"))
json = [f'{{"odata.metadata":"u","value":[{{"MediaID":1,"Category":1,"MD5":"{U}","MediaFiles":[{{"FileName":"a"}}],"AlternativeHashes":[{{"HashName":"SHA1","HashValue":"{sha1}"}}]}}]}}',
  f'{{"Event":{{"info":"i","Attribute":[{{"type":"filename|md5","value":"a|{md5}","to_ids":true}}],"Object":[{{"name":"file","Attribute":[{{"type":"md5","value":"{md5}","to_ids":true}}]}}]}}}}',
  f'{{"type":"bundle","id":"bundle--1","objects":[{{"type":"indicator","spec_version":"2.1","pattern_type":"stix","pattern":"[file:hashes.MD5 = \'{md5}\' OR file:hashes.\'SHA-256\' = \'{sha256}\']","name":"n"}}]}}']
for number, line in enumerate(json): put("hash_set_json", str(number), bytes([number]) + line.encode()); put("hash_set_recognised", f"json{number}", line.encode())
import sqlite3, tempfile
def database(*script):
    path = tempfile.mktemp(); base = sqlite3.connect(path); base.executescript("PRAGMA page_size=512;" + ";".join(script)); base.commit(); base.close()
    return open(path, "rb").read()
kdb = database("CREATE TABLE db_properties(name TEXT NOT NULL, value TEXT)", "INSERT INTO db_properties VALUES('Schema Version','1')", "CREATE TABLE hashes(id INTEGER PRIMARY KEY AUTOINCREMENT, md5 BINARY(16) UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32))",
  "CREATE TABLE file_names(name TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(name, hash_id))", "CREATE TABLE comments(comment TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(comment, hash_id))", f"INSERT INTO hashes(md5) VALUES(x'{md5}')", "INSERT INTO file_names VALUES('a',1)")
put("hash_set_database", "kdb", b"\x01" + kdb); put("hash_set_recognised", "kdb", kdb)
rds = database("CREATE TABLE VERSION(version VARCHAR UNIQUE NOT NULL, build_set VARCHAR NOT NULL, build_date TIMESTAMP NOT NULL, release_date TIMESTAMP NOT NULL, description VARCHAR NOT NULL, PRIMARY KEY(version))", "INSERT INTO VERSION VALUES('2026.1','b','2026','2026','d')",
  "CREATE TABLE FILE(sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL, file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT NULL)",
  "CREATE TABLE PKG(package_id INTEGER NOT NULL, name VARCHAR NOT NULL, version VARCHAR NOT NULL, operating_system_id INTEGER NOT NULL, manufacturer_id INTEGER NOT NULL, language VARCHAR NOT NULL, application_type VARCHAR NOT NULL)", f"INSERT INTO FILE VALUES('{sha256}','{sha1}','{md5}','00000000','a',3,1)", "INSERT INTO PKG VALUES(1,'p','1',1,1,'en','Game')")
put("hash_set_database", "rds", b"\x00" + rds)
# Three keys in twelve places at one in a thousand, by DCSO's own program (flor); the second with a word of the publisher's behind it, as filters may have.
bloom = bytes.fromhex("01000000000000000c00000000000000fca9f1d24d62503f0a00000000000000ac0000000000000003000000000000000110000018120008080764415030c40c0214010400000000"); put("bloom_ranking", "small", bloom); put("bloom_ranking", "data", bloom + b"metadata")
put("compiled_set", "index", b"\x02\x00\x10\x08AAAAAAAA"); put("compiled_set", "rows", b"\x00\x20\x14\x04\xff\xff\xff\x80"); put("compiled_set", "description", b"\x03\x10\x00\x02{}")
# A record, its row, a cell and the version of md5.hset; from 0x80 on a file of version 2 (its number is the rest of a division by five): cell, row, row of several, version.
put("compiled_set", "record", b"\x01\x00\x10\x08AAAAAAAA"); put("compiled_set", "row", b"\x01\x10\x10\x04\xff\xff\xff\x80"); put("compiled_set", "cell", b"\x01\xd0\x12\x08AAAAAAAA"); put("compiled_set", "version", b"\x01\x07\x00\x01\x02")
put("compiled_set", "older-cell", b"\x83\x30\x1b\x08AAAAAAAA"); put("compiled_set", "older-row", b"\x83\x38\x1d\x04\xff\xff\xff\x80"); put("compiled_set", "older-several", b"\x83\x38\x1d\x04\x00\x00\x00\x80"); put("compiled_set", "older-version", b"\x83\x07\x00\x01\x03")
P

# Notes, entries, proofs and an export, as the crate's own tests write them.
vectors="$here/../../crates/custody/tests/vectors"
head -n 3 "$vectors/log.jsonl" | python3 -c '
import json, sys
out = sys.argv[1]
import os
os.makedirs(out + "/custody_entry", exist_ok=True)
for number, line in enumerate(sys.stdin):
    body = json.loads(line)["body"].encode()
    open(f"{out}/custody_entry/{number}", "wb").write(body)
' "$out"
plain custody_note note <<'N'
lab.example/one
3
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— lab.example/one Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
N
plain custody_note proof <<'N'
c2sp.org/tlog-proof@v1
index 1
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

lab.example/one
3
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— lab.example/one Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
N
printf 'lab.example/one+0b5d7c4c+AQbGy4CkdKkcnc9J1IiYpTBJvXxSuu6DVDW5bJJsDdRg' | plain custody_keys vkey
printf 'PRIVATE+KEY+lab.example/one+0b5d7c4c+AQbGy4CkdKkcnc9J1IiYpTBJvXxSuu6DVDW5bJJsDdRg' | plain custody_keys skey
if need ssh-keygen; then
    ssh-keygen -q -t ed25519 -N '' -C fuzz -f key
    printf 'text' | ssh-keygen -q -Y sign -f key -n namespace 2>/dev/null | plain custody_keys sshsig
fi
python3 - "$out" <<'P'
import hashlib, os, struct, sys
files = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "bag-info.txt": b"External-Identifier: lab.example/one\n", "data/log.jsonl": b""}
line = lambda path: hashlib.sha256(files[path]).hexdigest() + "  " + path + "\n"
files["manifest-sha256.txt"] = line("data/log.jsonl").encode()
files["tagmanifest-sha256.txt"] = "".join(map(line, ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"])).encode()
files["data/checkpoints/3.note"] = open(sys.argv[1] + "/custody_note/note", "rb").read()
os.makedirs(sys.argv[1] + "/custody_export", exist_ok=True)
open(sys.argv[1] + "/custody_export/bag", "wb").write(b"".join(path.encode() + b"\0" + struct.pack("<H", len(data)) + data for path, data in files.items()))
P
du -sk "$out" | cut -f1 | sed 's/$/ KiB of seeds/'
