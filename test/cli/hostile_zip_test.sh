#!/bin/sh
# Sizes in the zip that nothing can hold: refused by name, by the tool (whose own memory is 32 bits wide) and by the launcher.
. "$(dirname "$0")/lib.sh"
need python3
for size in 0xffffffff 0xfffffffe 0x80000000 0x7fffffff; do
  python3 - "$size" "$EXAMPLES/cowsay.com" << 'P'
# The archive again, with sizes in zip64 fields (a 32-bit 0xffffffff means "look there").
import struct, sys, zipfile
size = int(sys.argv[1], 16)
source = zipfile.ZipFile(sys.argv[2])
data = bytearray(open(sys.argv[2], "rb").read()[:min(i.header_offset for i in source.infolist())])
directory = b""
entries = source.infolist()
for info in entries:
    raw = open(sys.argv[2], "rb")
    raw.seek(info.header_offset + 26)
    name_size, extra_size = struct.unpack("<HH", raw.read(4))
    raw.seek(name_size + extra_size, 1)
    content = raw.read(info.compress_size)
    name = info.filename.encode()
    claimed = size if info.filename == "main.wasm" else info.file_size
    extra = struct.pack("<HHQQ", 1, 16, claimed, len(content))
    fixed = struct.pack("<HHHHHIII", 45, 0, info.compress_type, 0, 33, info.CRC, 0xFFFFFFFF, 0xFFFFFFFF)
    at = len(data)
    data += b"PK\3\4" + fixed + struct.pack("<HH", len(name), len(extra)) + name + extra + content
    directory += (b"PK\1\2" + struct.pack("<H", 45) + fixed + struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, at)
                  + name + extra)
data += directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(data), 0)
open("bad.com", "wb").write(data)
P
  chmod +x bad.com
  expect 126 ./bad.com
  contains "$err" 'main.wasm' "$size: the launcher names the entry"
  "$HERMIT" inspect bad.com > out.txt 2> err.txt  # what it claims may be shown, or refused
  [ $? -le 1 ] || fail "$size: inspect ended badly: $(cat err.txt)"
  expect 1 "$HERMIT" build --from bad.com --target linux-x86_64 -o out
  [ ! -e out ] || fail 'an output was written'
done
