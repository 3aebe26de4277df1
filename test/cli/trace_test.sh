#!/bin/sh
# HERMIT_TRACE=deny: each refused access on standard error, with the directive that would allow it.
. "$(dirname "$0")/lib.sh"

compile reach << 'C'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <errno.h>
int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    int write = argv[i][0] == '+';
    int fd = open(argv[i] + write, write ? O_WRONLY | O_CREAT : O_RDONLY, 0666);
    printf("%s: %s\n", argv[i], fd < 0 ? strerror(errno) : "ok");
    if (fd >= 0) close(fd);
  }
  return 0;
}
C
echo 'FROM reach.wasm' > Hermitfile
expect 0 "$HERMIT" -o none.com
expect 0 ./none.com /etc/passwd
equal '/etc/passwd: No such file or directory' "$out" 'no grant'
equal '' "$err" 'nothing is said without HERMIT_TRACE'
expect 0 env HERMIT_TRACE=deny ./none.com /etc/passwd
equal '/etc/passwd: No such file or directory' "$out" 'the guest sees the same'
equal './none.com: denied: open /etc/passwd: outside of every MAP; allowed by MAP ["/etc:/etc:ro"]' "$err" 'the trace'
# The directive does what it says.
echo 'FROM reach.wasm
MAP ["/etc:/etc:ro"]' > Hermitfile
expect 0 "$HERMIT" -o etc.com
expect 0 env HERMIT_TRACE=deny ./etc.com /etc/passwd
equal '/etc/passwd: ok' "$out" 'with the directive'
equal '' "$err" 'with the directive'
expect 0 env HERMIT_TRACE=deny ./etc.com +/etc/passwd +/var/x
contains "$err" 'denied: open /etc/passwd for writing: its MAP is read-only; allowed by MAP ["/etc:/etc"]' 'a write'
contains "$err" 'denied: open /var/x: outside of every MAP; allowed by MAP ["/var:/var"]' 'another directory'

mkdir work && cd work || exit 1
echo secret > ../secret.txt
ln -s ../secret.txt link
printf 'FROM ../reach.wasm\nMAP .\n' > Hermitfile
expect 0 "$HERMIT" -o here.com
expect 0 env HERMIT_TRACE=deny ./here.com /etc/passwd ../secret.txt link +here.com missing Hermitfile
contains "$err" 'open /etc/passwd: outside of every MAP; allowed by MAP ["/etc:/etc:ro"]' 'an absolute path beside MAP .'
contains "$err" "open ${PWD%/*}/secret.txt: outside of its MAP; allowed by MAP [\"${PWD%/*}:${PWD%/*}:ro\"]" 'a path above'
contains "$err" "a symbolic link leads to ${PWD%/*}/secret.txt, outside of its MAP" 'a link'
contains "$err" 'a running program, its launcher and their folders stay as they are; no directive allows it' 'its own file'
case $err in *missing* | *Hermitfile*) fail "what is not refused is not told: $err" ;; esac
equal 4 "$(grep -c denied err.txt)" 'refusals'

# The variable is the caller's, not the guest's, and text cannot reach the terminal as it is.
escape=$(printf '/\033[2J/x')
expect 0 env HERMIT_TRACE=deny ../none.com "$escape"
contains "$err" 'open /\x1b[2J/x' 'escaped'
expect 0 env HERMIT_TRACE=all ./here.com Hermitfile
contains "$err" 'HERMIT_TRACE knows only deny' 'another word'

# The network.
cd .. || exit 1
cp "$EXAMPLES/http_get/http_get.wasm" .
echo 'FROM http_get.wasm' > Hermitfile
expect 0 "$HERMIT" -o offline.com
expect 1 env HERMIT_TRACE=deny ./offline.com http://example.org/
contains "$err" 'there is no NET; allowed by NET ["' 'no NET'
echo 'FROM http_get.wasm
NET 192.0.2.9:80' > Hermitfile
expect 0 "$HERMIT" -o net.com
expect 1 env HERMIT_TRACE=deny ./net.com http://example.org/
contains "$err" 'denied: resolve example.org: no entry of NET covers it; allowed by NET ["example.org"]' 'a name'
expect 1 env HERMIT_TRACE=deny ./net.com http://192.0.2.1:81/
contains "$err" '; allowed by NET ["192.0.2.1' 'an address'
