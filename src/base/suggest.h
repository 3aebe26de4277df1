// "Did you mean": the known name nearest to a mistyped one.
#pragma once

#include <span>
#include <string_view>

namespace hermit {

// The candidate with the fewest edits (insert, delete, replace, swap neighbours) from `name`, if that is at most a
// third of its length and at least one; empty if none is that near. The first of equally near ones. Compares bytes.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace hermit
