// Parts of the C++ library that a launcher would otherwise carry much more with: these definitions are found before the
// library's (operator new: operator_new.cc).
#include <cstdio>
#include <cstdlib>
#include <string>

#ifdef _LIBCPP_VERSION
// The library's own instantiation shares an object file with all conversions between numbers and text.
template class std::basic_string<char>;
#if defined(_WIN32)
template class std::basic_string<wchar_t>;
#endif
template std::string std::operator+(const char*, const std::string&);

// A violated requirement of a library function. https://libcxx.llvm.org/Hardening.html
void std::__libcpp_verbose_abort(const char*, ...) {
  std::fputs("hermit: internal error: C++ library\n", stderr);
  std::_Exit(70);  // EX_SOFTWARE, as check_failed
}
#endif
