// Class: calls. Binary trees that are built and taken down by recursion, nodes from a list of free ones.
#include "kernel.h"

typedef struct Node {
  struct Node *left, *right;
  uint32_t value;
} Node;
static Node nodes[1 << 17];
static Node* spare;

static Node* build(uint32_t depth, uint32_t value) {
  Node* node = spare;
  spare = node->left;
  node->value = value;
  node->left = depth == 0 ? 0 : build(depth - 1, 2 * value);
  node->right = depth == 0 ? 0 : build(depth - 1, 2 * value + 1);
  return node;
}
static uint64_t take_down(Node* node) {
  if (node == 0) return 0;
  uint64_t sum = node->value + 3 * take_down(node->left);
  sum ^= take_down(node->right) << 1;
  node->left = spare;
  spare = node;
  return sum;
}

static uint64_t kernel(void) {
  spare = 0;
  for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; ++i) {
    nodes[i].left = spare;
    spare = &nodes[i];
  }
  uint64_t sum = 0;
  for (uint32_t round = 0; round < 80; ++round) {
    Node* kept = build(8 + round % 6, round);
    Node* tree = build(14, round + 1);
    sum = sum * 31 + take_down(tree) + take_down(kept);
  }
  return sum;
}
