// v8.mjs FIRST LAST FOLDER: runs FOLDER/m.SEED.wasm (generate.py) with V8 and writes what happened as a script of the official
// tests' format, FOLDER/NAME.json with NAME the folder's own name, for hermit_spec_tests to repeat.
import fs from 'node:fs';
import path from 'node:path';

const [first, last] = process.argv.slice(2, 4).map(Number);
const folder = process.argv[4];

// V8's words for a trap → the official ones, as far as they tell (a prefix is enough).
const traps = [
  [/unreachable/, 'unreachable'],
  [/divide by zero|remainder by zero/, 'integer divide by zero'],
  [/divide result/, 'integer overflow'],
  [/float unrepresentable/, 'in'], // "integer overflow" or "invalid conversion to integer"
  [/memory access out of bounds/, 'out of bounds memory access'],
  [/signature mismatch/, 'indirect call type mismatch'],
];

function expectedTrap(error) {
  for (const [pattern, text] of traps) if (pattern.test(error.message)) return text;
  throw error;
}

const slot = (type, value) => ({ type, value: String(value) });
const bitsOf = (number) => new BigUint64Array(new Float64Array([number]).buffer)[0];
const commands = [];
let refused = 0;
for (let seed = first; seed < last; ++seed) {
  const filename = `m.${seed}.wasm`;
  let exports;
  try {
    exports = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(path.join(folder, filename)))).exports;
  } catch (error) {
    ++refused;
    console.error(`${filename}: ${error.message}`);
    continue;
  }
  const add = (command) => commands.push({ line: seed, ...command });
  const invoke = (field, args = []) => ({ type: 'invoke', field, args });
  add({ type: 'module', filename });
  for (const [a, b, c] of [[0, 0n, 0], [1, -1n, 1.5], [12345, 0x123456789abcdefn, -3e9]]) {
    exports.fuel();
    add({ type: 'action', action: invoke('fuel') });
    const action = invoke('main', [slot('i32', a), slot('i64', BigInt.asUintN(64, b)), slot('f64', bitsOf(c))]);
    try {
      const expected = [slot('i64', BigInt.asUintN(64, exports.main(a, b, c)))];
      add({ type: 'assert_return', action, expected });
    } catch (error) {
      if (error instanceof WebAssembly.Exception) add({ type: 'assert_exception', action });
      else add({ type: 'assert_trap', action, text: expectedTrap(error) });
    }
    add({ type: 'assert_return', action: invoke('sum'), expected: [slot('i64', BigInt.asUintN(64, exports.sum()))] });
  }
}
fs.writeFileSync(path.join(folder, `${path.basename(folder)}.json`), JSON.stringify({ commands }));
if (refused !== 0) process.exitCode = 1;
