// C++ exceptions as clang emits them: RTTI, destructors, classes and their bases, rethrowing, nested exceptions,
// exceptions through library code, through recursion, from constructors, and exception_ptr. What is printed follows
// from the C++ standard.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Trace {
  const char* name;
  explicit Trace(const char* the_name) : name(the_name) { std::printf("+%s ", name); }
  Trace(const Trace&) = delete;
  ~Trace() { std::printf("-%s ", name); }
};

struct Base {
  virtual ~Base() = default;
  virtual const char* what() const { return "base"; }
};
struct Other {
  int number = 7;
};
struct Derived : Other, Base {
  const char* what() const override { return "derived"; }
};

int choose(int kind) {
  const Trace trace("choose");
  switch (kind) {
    case 0: return 10;
    case 1: throw 42;
    case 2: throw std::string("text");
    case 3: throw Derived();
    case 4: throw std::out_of_range("range");
    case 5: throw "c string";
    case 6: throw 1.5f;
    default: throw std::make_unique<int>(5);
  }
}

void kinds() {
  for (int kind = 0; kind < 8; ++kind) {
    try {
      const Trace trace("try");
      std::printf("%d ", choose(kind));
    } catch (int value) {
      std::printf("int %d", value);
    } catch (const std::string& value) {
      std::printf("string %s", value.c_str());
    } catch (const Base& value) {
      std::printf("%s", value.what());
    } catch (const std::logic_error& value) {
      std::printf("logic_error %s", value.what());
    } catch (const char* value) {
      std::printf("%s", value);
    } catch (float) {
      std::printf("float");
    } catch (...) {
      std::printf("anything");
    }
    std::printf("\n");
  }
}

// Unwinds through 10,000 frames with a destructor each.
int depth = 0;
struct Counter {
  ~Counter() { ++depth; }
};
int recurse(int n) {
  const Counter counter;
  if (n == 0) throw n;
  return recurse(n - 1) + 1;
}

void again() {
  try {
    try {
      try {
        throw std::runtime_error("first");
      } catch (const std::exception& e) {
        const Trace trace("rethrow");
        throw;
      }
    } catch (...) {
      std::throw_with_nested(std::logic_error("second"));
    }
  } catch (const std::exception& e) {
    std::printf("%s, ", e.what());
    try {
      std::rethrow_if_nested(e);
    } catch (const std::exception& inner) {
      std::printf("%s\n", inner.what());
    }
  }
}

struct Member {
  explicit Member(bool bad) {
    if (bad) throw std::runtime_error("constructor");
  }
};
struct Whole {
  Trace first{"first"};
  Member member;
  Trace second{"second"};
  explicit Whole(bool bad) try : member(bad) {
  } catch (const std::runtime_error& e) {
    std::printf("(%s) ", e.what());
  }
};

void library() {
  std::vector<std::string> words = {"pear", "apple", "fig", "plum"};
  try {
    std::sort(words.begin(), words.end(), [](const std::string& a, const std::string& b) {
      if (a == "fig" || b == "fig") throw a.size() + b.size() > 0;
      return a < b;
    });
  } catch (bool value) {
    std::printf("sort %d, ", value);
  }
  std::map<int, std::unique_ptr<Trace>> owned;
  try {
    owned[1] = std::make_unique<Trace>("owned");
    (void)owned.at(2);
  } catch (const std::out_of_range&) {
    std::printf("at ");
  }
  owned.clear();
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "uncaught") == 0) throw std::runtime_error("nobody");
  kinds();
  try {
    recurse(10000);
  } catch (int) {
    std::printf("unwound %d\n", depth);
  }
  again();
  for (const bool bad : {false, true}) {
    try {
      const Whole whole(bad);
      std::printf("made ");
    } catch (const std::exception& e) {
      std::printf("%s", e.what());
    }
    std::printf("\n");
  }
  library();
  std::exception_ptr kept;
  try {
    choose(3);
  } catch (...) {
    kept = std::current_exception();
  }
  try {
    std::rethrow_exception(kept);
  } catch (const Other& other) {
    std::printf("kept %d %d\n", other.number, std::uncaught_exceptions());
  }
  long sum = 0;
  for (int i = 0; i < 20000; ++i) {
    try {
      if (i % 3 == 0) throw i;
      sum += 1;
    } catch (int value) {
      sum += value;
    }
  }
  std::printf("%ld\n", sum);
  return 0;
}
