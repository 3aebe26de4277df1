// Class: application. Regular expressions: a pattern becomes a nondeterministic automaton, sets of its states run over
// a text, and are kept as a deterministic one while they are met.
#include "kernel.h"

// Glushkov's construction by hand for (a|b)*a(a|b){9}c?d: positions are bits.
#define POSITIONS 14
static uint32_t follow[POSITIONS], accepts[256];
#define STATES 2048
static uint32_t set_of[STATES], next_state[STATES][4];
static uint32_t states;
static uint8_t text[200000];

static uint32_t step(uint32_t set, uint8_t byte) {
  uint32_t out = 0;
  for (; set != 0; set &= set - 1) out |= follow[__builtin_ctz(set)];
  return (out & accepts[byte]) | 1;
}

static uint32_t state_of(uint32_t set) {
  for (uint32_t i = 0; i < states; ++i) {
    if (set_of[i] == set) return i;
  }
  if (states == STATES) states = 0;
  for (int i = 0; i < 4; ++i) next_state[states][i] = ~0u;
  set_of[states] = set;
  return states++;
}

static uint64_t kernel(void) {
  // Position 0 is the start, 1 the loop, 2 the first a, 3 to 11 the counted ones, 12 is c, 13 is d.
  memset(accepts, 0, sizeof accepts);
  follow[0] = follow[1] = 1u << 1 | 1u << 2;
  for (int i = 2; i < 11; ++i) follow[i] = 1u << (i + 1);
  follow[11] = 1u << 12 | 1u << 13;
  follow[12] = 1u << 13;
  follow[13] = 0;
  for (int i = 1; i < 12; ++i) {
    accepts['a'] |= 1u << i;
    if (i != 2) accepts['b'] |= 1u << i;
  }
  accepts['c'] = 1u << 12;
  accepts['d'] = 1u << 13;
  uint32_t random = 19;
  for (size_t i = 0; i < sizeof text; ++i) {
    uint32_t r = next_random(&random) >> 8;
    text[i] = r % 13 == 0 ? 'd' : r % 17 == 0 ? 'c' : r % 3 == 0 ? 'a' : 'b';
  }
  uint64_t sum = 0;
  for (int round = 0; round < 3; ++round) {  // sets of states, each byte anew
    uint32_t set = 1;
    for (size_t i = 0; i < sizeof text; ++i) {
      set = step(set, text[i]);
      if (set >> 13 & 1) sum = sum * 31 + i;
    }
  }
  states = 0;
  uint32_t state = state_of(1);
  for (int round = 0; round < 20; ++round) {  // transitions that were met are kept
    for (size_t i = 0; i < sizeof text; ++i) {
      uint32_t letter = text[i] - 'a', to = next_state[state][letter];
      if (to == ~0u) {
        uint32_t from = state, before = states;
        to = state_of(step(set_of[state], text[i]));
        if (states >= before) next_state[from][letter] = to;
      }
      state = to;
      sum += set_of[state] >> 13;
    }
  }
  return sum * 31 + states;
}
