"""Runs a WASI command under wasmtime (Cranelift, at its usual level of optimisation): wasmtime_run.py FILE.wasm

With --compile FILE.wasm ISA OUT it only compiles, for x86_64 or aarch64, on one thread, writes the machine code as an ELF file,
and prints the seconds that took.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / ".toolchain" / "bench"))
import wasmtime  # noqa: E402


def run(path):
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["kernel"]
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    instance = linker.instantiate(store, wasmtime.Module.from_file(engine, path))
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        return end.code
    return 0


def compile_only(path, isa, out):
    config = wasmtime.Config()
    config.parallel_compilation = False
    config.target = {"x86_64": "x86_64-unknown-linux-gnu", "aarch64": "aarch64-unknown-linux-gnu"}[isa]
    engine = wasmtime.Engine(config)
    data = pathlib.Path(path).read_bytes()
    begin = time.process_time()
    serialized = wasmtime.Module(engine, data).serialize()
    print(f"{time.process_time() - begin:.3f}")
    pathlib.Path(out).write_bytes(serialized)
    return 0


if __name__ == "__main__":
    sys.exit(compile_only(*sys.argv[2:]) if sys.argv[1] == "--compile" else run(sys.argv[1]))
