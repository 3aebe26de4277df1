// Class: application. Compression: matches by hash chains, their symbols by an adaptive binary range coder; and back,
// for the check.
#include "kernel.h"

namespace {

constexpr uint32_t kSize = 120000;
uint8_t plain[kSize], unpacked[kSize];
uint8_t packed[2 * kSize];

// A probability of 12 bits for each context (as in the range coders of G. N. N. Martin, 1979, and successors).
class Model {
 public:
  uint32_t p[4096];
  void reset() {
    for (uint32_t& each : p) each = 2048;
  }
};

class Encoder {
 public:
  void bit(uint32_t& p, uint32_t bit) {
    const uint32_t middle = low_ + static_cast<uint32_t>(uint64_t{high_ - low_} * p >> 12);
    if (bit != 0)
      high_ = middle, p += (4096 - p) >> 5;
    else
      low_ = middle + 1, p -= p >> 5;
    for (; (low_ ^ high_) >> 24 == 0; low_ <<= 8, high_ = high_ << 8 | 255) packed[size_++] = uint8_t(high_ >> 24);
  }
  uint32_t finish() {
    for (int i = 0; i < 4; ++i, low_ <<= 8) packed[size_++] = uint8_t(low_ >> 24);
    return size_;
  }

 private:
  uint32_t low_ = 0, high_ = ~0u, size_ = 0;
};

class Decoder {
 public:
  Decoder() {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | packed[at_++];
  }
  uint32_t bit(uint32_t& p) {
    const uint32_t middle = low_ + static_cast<uint32_t>(uint64_t{high_ - low_} * p >> 12);
    const uint32_t bit = code_ <= middle;
    if (bit != 0)
      high_ = middle, p += (4096 - p) >> 5;
    else
      low_ = middle + 1, p -= p >> 5;
    for (; (low_ ^ high_) >> 24 == 0; low_ <<= 8, high_ = high_ << 8 | 255) code_ = code_ << 8 | packed[at_++];
    return bit;
  }

 private:
  uint32_t low_ = 0, high_ = ~0u, code_ = 0, at_ = 0;
};

Model flags, literals, lengths, distances;

void write(Encoder& coder, Model& model, uint32_t base, uint32_t value, uint32_t bits) {
  for (uint32_t node = 1; bits-- > 0;) {
    const uint32_t bit = value >> bits & 1;
    coder.bit(model.p[(base + node) & 4095], bit);
    node = node << 1 | bit;
  }
}
uint32_t read(Decoder& coder, Model& model, uint32_t base, uint32_t bits) {
  uint32_t node = 1;
  for (uint32_t i = 0; i < bits; ++i) node = node << 1 | coder.bit(model.p[(base + node) & 4095]);
  return node - (1u << bits);
}
void reset_models() {
  flags.reset();
  literals.reset();
  lengths.reset();
  distances.reset();
}

uint32_t heads[4096], chain[kSize];

uint32_t hash(uint32_t at) {
  return (plain[at] * 0x9e3779b1u ^ plain[at + 1] * 0x85ebca6bu ^ plain[at + 2] * 0xc2b2ae35u) >> 20;
}

uint32_t compress() {
  Encoder coder;
  reset_models();
  memset(heads, 255, sizeof heads);
  uint32_t last = 0;
  for (uint32_t at = 0; at < kSize;) {
    uint32_t best = 0, distance = 0;
    if (at + 18 < kSize) {
      uint32_t tries = 24;
      for (uint32_t from = heads[hash(at)]; from != ~0u && at - from < 65535 && tries-- > 0; from = chain[from]) {
        uint32_t length = 0;
        while (length < 18 && plain[from + length] == plain[at + length]) ++length;
        if (length > best) best = length, distance = at - from;
      }
    }
    const uint32_t taken = best >= 3 ? best : 1;
    coder.bit(flags.p[last], best >= 3);
    if (best >= 3) {
      write(coder, lengths, 0, best - 3, 4);
      write(coder, distances, 0, distance >> 8, 8);
      write(coder, distances, (1 + (distance >> 12)) * 256, distance & 255, 8);
    } else {
      write(coder, literals, at == 0 ? 0 : (plain[at - 1] >> 5) * 256, plain[at], 8);
    }
    last = best >= 3;
    for (const uint32_t end = at + taken; at < end; ++at) {
      if (at + 3 > kSize) continue;
      const uint32_t slot = hash(at);
      chain[at] = heads[slot];
      heads[slot] = at;
    }
  }
  return coder.finish();
}

void decompress() {
  Decoder coder;
  reset_models();
  uint32_t last = 0;
  for (uint32_t at = 0; at < kSize;) {
    last = coder.bit(flags.p[last]);
    if (last == 0) {
      unpacked[at] = uint8_t(read(coder, literals, at == 0 ? 0 : (unpacked[at - 1] >> 5) * 256, 8));
      ++at;
      continue;
    }
    const uint32_t length = 3 + read(coder, lengths, 0, 4);
    const uint32_t high = read(coder, distances, 0, 8);
    const uint32_t distance = high << 8 | read(coder, distances, (1 + (high >> 4)) * 256, 8);
    for (uint32_t i = 0; i < length && at < kSize && distance <= at; ++i, ++at) unpacked[at] = unpacked[at - distance];
    if (distance == 0 || distance > at) return;
  }
}

}  // namespace

static uint64_t kernel() {
  static const char* const words[] = {"the ",         "file ", "starts ",  "within ", "a ",
                                      "millisecond ", "and ",  "nothing ", "else\n"};
  uint32_t state = 14;
  for (uint32_t at = 0; at < kSize;) {
    const uint32_t bits = next_random(&state);
    for (const char* c = words[bits % 9]; *c != 0 && at < kSize; ++c) plain[at++] = uint8_t(*c);
    if (bits >> 28 == 0 && at < kSize) plain[at++] = uint8_t(bits >> 8);
  }
  uint64_t sum = compress();
  decompress();
  if (memcmp(plain, unpacked, kSize) != 0) return 0;
  for (uint32_t i = 0; i < 1000; ++i) sum = sum * 31 + packed[i];
  return sum;
}
