// Standard headers that most sources include (CMakeLists.txt, hermit_precompile). Every file still includes what it uses.
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
