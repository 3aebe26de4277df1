// Runs a WASI program in V8: node v8.mjs PROGRAM.wasm [ARGUMENT...], with this directory as `.` and the environment variable NAME.
import { readFileSync } from 'node:fs';
import { argv, env } from 'node:process';
import { WASI } from 'node:wasi';

const [wasm, ...rest] = argv.slice(2);
const wasi = new WASI({
  version: 'preview1',
  args: ['program', ...rest],
  env: env.NAME === undefined ? { PWD: '/' } : { PWD: '/', NAME: env.NAME },
  preopens: { '/': '.' },
  returnOnExit: false,
});
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), wasi.getImportObject());
wasi.start(instance);
