// Thrown exceptions: where they live, and for how long.
//
// An exception reference (exnref) is the address of an abi::Exception. A program may keep it anywhere a reference can
// be: in a local, a table, a global, another exception. Nothing counts references; instead, when enough has been
// thrown, the heap looks through all these places for numbers that are addresses of its objects (a *conservative* scan:
// a number that merely looks like one keeps an exception alive, which does no harm) and frees the rest. Objects never
// move. So a program that throws and catches for ever stays at a small, constant size.
#pragma once

#include <vector>

#include "abi/instance_layout.h"
#include "runtime/memory.h"

namespace hermit::runtime {

// What all exceptions of one program may take, besides its memory limit. Only references that the guest keeps count.
inline constexpr u64 kMaxExceptionBytes = u64{1} << 30;

// Shown words in which references may be, marks what they refer to.
class ExceptionMarker {
 public:
  void words(const u64* first, u64 count);

 private:
  friend class ExceptionHeap;
  explicit ExceptionMarker(const std::vector<abi::Exception*>& sorted) : sorted_(sorted), is_marked_(sorted.size()) {}
  void drain();

  const std::vector<abi::Exception*>& sorted_;  // by address
  std::vector<bool> is_marked_;
  std::vector<size_t> pending_;  // marked, but not looked through
  u64 seen_ = 0;  // words
};

class ExceptionHeap {
 public:
  // Shows all words outside of the heap that may be references.
  struct Roots {
    void (*mark)(void* context, ExceptionMarker& marker);
    void* context;
  };
  // `budget` must outlive the heap.
  ExceptionHeap(MemoryBudget& budget, Roots roots) : budget_(budget), roots_(roots) {}
  ~ExceptionHeap();
  ExceptionHeap(const ExceptionHeap&) = delete;
  ExceptionHeap& operator=(const ExceptionHeap&) = delete;

  // A new exception with copies of tag.slots slots from `values`, which lies where the roots show it. Null if there is
  // no memory for it (Trap::ExceptionMemory). It lives until the next create(), and as long as a root shows it.
  const abi::Exception* create(const abi::Tag& tag, const u64* values);

  [[nodiscard]] size_t count() const { return objects_.size(); }

 private:
  void collect();
  void release(abi::Exception* object);

  MemoryBudget& budget_;
  Roots roots_;
  std::vector<abi::Exception*> objects_;
  u64 bytes_ = 0;  // of objects_
  u64 collect_at_ = u64{256} << 10;  // bytes_ that start a collection
};

}  // namespace hermit::runtime
