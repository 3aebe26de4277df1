#!/bin/sh
# Official tests on code compiled for AArch64, under qemu: test/spec/aarch64.sh [NAME ...]
#
# Without names a part of wg-3.0 that reaches every kind of instruction; all of them take ten minutes:
#   HERMIT_RUNNER="qemu-aarch64 -R 0x10000000000" test/spec/run.sh build/linux-aarch64 "wg-2.0 wg-3.0 extra" --engine native
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build/linux-aarch64
[ -x "$build/bin/hermit_spec_tests" ] || { echo "no $build/bin/hermit_spec_tests (make aarch64_tests)"; exit 77; }
command -v qemu-aarch64 > /dev/null || { echo 'qemu-aarch64 is not installed'; exit 77; }
if [ $# -eq 0 ]; then
  set -- address block br br_if br_on_null br_table bulk-memory_memory_copy bulk-memory_memory_fill bulk-memory_memory_init \
    bulk-memory_table_copy bulk-memory_table_fill bulk-memory_table_init call call_indirect call_ref conversions endianness \
    exceptions_throw exceptions_throw_ref exceptions_try_table f32 f32_bitwise f32_cmp f64 f64_bitwise f64_cmp fac float_exprs \
    float_memory float_misc func global i32 i64 if int_exprs labels left-to-right load local_tee loop memory \
    memory64_address64 memory64_endianness64 memory64_load64 memory64_memory_copy64 memory64_memory_trap64 memory_grow \
    memory_redundancy memory_trap multi-memory_load1 multi-memory_memory-multi multi-memory_store1 ref_is_null \
    relaxed-simd_i8x16_relaxed_swizzle relaxed-simd_relaxed_madd_nmadd return return_call return_call_indirect select \
    simd_simd_bit_shift simd_simd_bitwise simd_simd_boolean simd_simd_conversions simd_simd_f32x4_rounding \
    simd_simd_f64x2_pmin_pmax simd_simd_i16x8_arith2 simd_simd_i32x4_dot_i16x8 simd_simd_i32x4_trunc_sat_f64x2 \
    simd_simd_i64x2_extmul_i32x4 simd_simd_i8x16_sat_arith simd_simd_lane simd_simd_load_extend simd_simd_load8_lane \
    simd_simd_splat simd_simd_store64_lane stack start store switch table_get table_grow traps unreachable unwind
fi
# Where guests' memories are reserved: qemu's own choice leaves too little for several with guard pages.
export HERMIT_RUNNER='qemu-aarch64 -R 0x10000000000'
exec sh "$here/run.sh" "$build" wg-3.0 --engine native "$@"
