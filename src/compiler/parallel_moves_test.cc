#include "compiler/parallel_moves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace hermit::compiler {
namespace {

// Random permutations and fan-outs over registers and slots: executed one by one, every destination gets what its
// source held at first.
TEST(ParallelMoves, HaveTheEffectOfAllAtOnce) {
  const Scratch scratch{Location::reg(kFloatBase + 14), Location::reg(kFloatBase + 14)};
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Location> places;
    for (u32 i = 0; i < 6; ++i) places.push_back(random() % 2 == 0 ? Location::reg(i) : Location::slot(i));
    std::vector<Location> targets = places;
    std::shuffle(targets.begin(), targets.end(), random);
    std::vector<Move> moves;
    for (size_t i = 0; i < 1 + random() % 6; ++i) moves.push_back({places[random() % 6], targets[i], Type::I64});
    std::vector<Move> sequence;
    sequence_moves(moves, scratch, sequence);
    std::map<u32, u32> state;
    for (u32 i = 0; i < 6; ++i) state[places[i].code] = 100 + i;
    const auto before = state;
    for (const Move& move : sequence) state[move.to.code] = state.at(move.from.code);
    for (const Move& move : moves) EXPECT_EQ(state.at(move.to.code), before.at(move.from.code)) << round;
  }
}

}  // namespace
}  // namespace hermit::compiler
