#!/usr/bin/env bash
# Makes the demonstration disk, byte for byte the same each time, without root. usage: make.sh [FOLDER]
# Needs python3, dosfstools, mtools, e2fsprogs; with The Sleuth Kit it writes the listing of the oracle too.
set -euo pipefail
export TZ=UTC LC_ALL=C.UTF-8 MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1
export SOURCE_DATE_EPOCH=1709294400 E2FSPROGS_FAKE_TIME=1709294400 # 2024-03-01 12:00:00 UTC
export PATH="$PATH:/usr/sbin:/sbin"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
to=${1:-$here}
mkdir -p "$to"
to=$(cd "$to" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

disk_sectors=3072 # 1.5 MiB
fat_start=64 fat_sectors=1024
ext_start=1088 ext_sectors=1984

python3 "$here/contents.py" "$work"
touched() { find "$work/fat" "$work/ext" -exec touch -h -d '2024-02-17 09:41:26' {} +; }
touched

# --- partition 1: FAT12, one sector a cluster
fat=$work/fat.img
truncate -s $((fat_sectors * 512)) "$fat"
mkfs.fat --invariant -F 12 -s 1 -r 112 -h $fat_start -i A7A70001 -n 'CLE USB' "$fat" >/dev/null
on_fat() { local program=$1; shift; "$program" -i "$fat" "$@"; }
on_fat mmd '::/صور' '::/صور/2024' '::/Documents' '::/Documents/Été'
put() { on_fat mcopy -m "$work/fat/$1" "::/$2"; }
put resume.txt "Résumé d'enquête.txt"
put beach.jpg 'صور/2024/عطلة على الشاطئ.jpg'
put holiday.png 'صور/2024/HOLIDAY.PNG'
put invoice.txt 'Documents/Été/facture n° 12.txt'
put accounts.bin 'Documents/comptes.bin'
put empty.txt 'vide.txt'
put erased.txt 'à effacer.txt'
on_fat mdel '::/à effacer.txt'

# --- partition 2: ext2, blocks of 1024 bytes; debugfs writes the files in the order given here
ext=$work/ext.img
truncate -s $((ext_sectors * 512)) "$ext"
mke2fs -q -t ext2 -b 1024 -I 256 -N 64 -m 0 -L archive -M / \
  -U a7a70002-0000-4000-8000-000000000002 -E hash_seed=a7a70003-0000-4000-8000-000000000003,root_owner=0:0 "$ext"
debugfs -w -f - "$ext" >"$work/debugfs.log" 2>&1 <<COMMANDS
set_current_time 20240301120000
mkdir /وثائق
mkdir /وثائق/سري
mkdir /home
mkdir /home/léa
write $work/ext/report.txt "/وثائق/تقرير نهائي.txt"
write $work/ext/ledger.csv "/وثائق/سري/كشف الحساب.csv"
write $work/ext/picture.png "/home/léa/reçu de la garderie.png"
write $work/ext/hosts.txt "/home/léa/hôtes.txt"
write $work/ext/empty "/home/léa/vide"
write $work/ext/sparse.bin "/home/léa/épars.bin"
symlink "/home/léa/lien" "/وثائق/تقرير نهائي.txt"
write $work/ext/erased.txt "/home/léa/supprimé.txt"
rm "/home/léa/supprimé.txt"
COMMANDS
if grep -E '^[^ ]+: |while ' "$work/debugfs.log" | grep -Ev '^(debugfs(:| [0-9])|Allocated inode: )'; then
  echo "make.sh: debugfs refused a command" >&2
  exit 1
fi

# --- the disk: MBR with a fixed signature, two primary partitions
disk=$to/demo.raw
rm -f "$disk"
truncate -s $((disk_sectors * 512)) "$disk"
python3 - "$disk" $fat_start $fat_sectors $ext_start $ext_sectors <<'PYTHON'
import struct, sys
path, *numbers = sys.argv[1:]
fat_start, fat_sectors, ext_start, ext_sectors = map(int, numbers)
def entry(kind, start, sectors):
    return struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start, sectors)
table = entry(0x01, fat_start, fat_sectors) + entry(0x83, ext_start, ext_sectors) + bytes(32)
with open(path, "r+b") as disk:
    disk.write(bytes(440) + struct.pack("<IH", 0xA7A70000, 0) + table + b"\x55\xaa")
PYTHON
dd if="$fat" of="$disk" bs=512 seek=$fat_start conv=notrunc status=none
dd if="$ext" of="$disk" bs=512 seek=$ext_start conv=notrunc status=none

# --- hash sets, and what an independent program sees
python3 "$here/hash_sets.py" "$work" "$to"
if command -v fls >/dev/null; then
  {
    mmls "$disk"
    for start in $fat_start $ext_start; do
      printf '\nfls -r -p -o %s\n' $start
      fls -r -p -o $start "$disk"
    done
  } >"$to/demo.fls.txt"
fi
echo "$disk"
