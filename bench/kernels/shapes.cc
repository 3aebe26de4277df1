// Class: indirect. Virtual functions of a class hierarchy, through pointers in random order.
#include "kernel.h"

namespace {

class Shape {
 public:
  virtual uint32_t area(uint32_t scale) const = 0;
  virtual void grow(uint32_t by) = 0;

 protected:
  ~Shape() = default;
};
class Square final : public Shape {
 public:
  uint32_t area(uint32_t scale) const override { return side_ * side_ * scale; }
  void grow(uint32_t by) override { side_ = (side_ + by) & 1023; }

 private:
  uint32_t side_ = 3;
};
class Rectangle : public Shape {
 public:
  uint32_t area(uint32_t scale) const override { return width_ * height_ * scale; }
  void grow(uint32_t by) override { width_ = (width_ ^ by) & 511; }

 protected:
  uint32_t width_ = 2, height_ = 5;
};
class Frame final : public Rectangle {
 public:
  uint32_t area(uint32_t scale) const override { return Rectangle::area(scale) - width_; }
  void grow(uint32_t by) override {
    Rectangle::grow(by >> 1);
    height_ = (height_ + width_) & 255;
  }
};

Square squares[64];
Rectangle rectangles[64];
Frame frames[64];

}  // namespace

static uint64_t kernel() {
  Shape* all[192];
  uint32_t state = 3;
  for (size_t i = 0; i < 64; ++i) {
    squares[i] = {};
    rectangles[i] = {};
    frames[i] = {};
    all[3 * i] = &squares[i];
    all[3 * i + 1] = &rectangles[i];
    all[3 * i + 2] = &frames[i];
  }
  for (uint32_t i = 191; i > 0; --i) {
    const uint32_t other = next_random(&state) % (i + 1);
    Shape* t = all[i];
    all[i] = all[other];
    all[other] = t;
  }
  uint64_t sum = 0;
  for (uint32_t round = 0; round < 12000; ++round) {
    for (Shape* shape : all) {
      sum += shape->area(round);
      if ((round & 3) == 0) shape->grow(round);
    }
  }
  return sum;
}
