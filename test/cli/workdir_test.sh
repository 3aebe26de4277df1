#!/bin/sh
# The working directory: relative paths, in C, Rust and Go, where WORKDIR or a mapped "." says.
. "$(dirname "$0")/lib.sh"

compile c << 'C'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  printf("%s\n", getenv("PWD") ? getenv("PWD") : "no PWD");
  for (int i = 1; i < argc; ++i) {
    char line[100] = "";
    FILE *f = fopen(argv[i], "r");
    printf("%s", f && fgets(line, sizeof line, f) ? line : "no file\n");
    if (f) fclose(f);
  }
  return 0;
}
C
mkdir -p data/sub/deep assets/inner
echo top > data/t.txt && echo sub > data/sub/s.txt && echo deep > data/sub/deep/d.txt && echo inner > assets/inner/i.txt
echo here > here.txt
build() {  # build NAME MODULE HERMITFILE-TEXT
  printf 'FROM %s.wasm\n%b\n' "$2" "$3" > Hermitfile
  expect 0 "$HERMIT" -o "$1.com"
}
check() {  # check MODULE: a program that prints PWD and the first line of each argument
  build at "$1" 'MAP data:/work\nWORKDIR /work'
  expect 0 ./at.com t.txt sub/s.txt /work/t.txt ./t.txt
  equal '/work
top
sub
top
top' "$out" "$1: WORKDIR is a MAP"
  build below "$1" 'MAP data:/work\nWORKDIR /work/sub'
  expect 0 ./below.com s.txt deep/d.txt /work/sub/s.txt /work/t.txt
  equal '/work/sub
sub
deep
sub
top' "$out" "$1: WORKDIR lies below a MAP"
  build embedded "$1" 'COPY assets /opt/app\nWORKDIR /opt/app/inner\nMAP data:/work'
  expect 0 ./embedded.com i.txt /opt/app/inner/i.txt /work/t.txt
  equal '/opt/app/inner
inner
inner
top' "$out" "$1: WORKDIR lies below a COPY"
  build dot "$1" 'MAP .'
  expect 0 ./dot.com here.txt data/t.txt "$PWD/here.txt"
  equal "$PWD
here
top
here" "$out" "$1: a mapped ."
  build named "$1" 'MAP .:/here\nMAP data:/work'
  expect 0 ./named.com here.txt /here/here.txt /work/t.txt
  equal '/here
here
here
top' "$out" "$1: a mapped . under a name"
}
check c
if command -v go > /dev/null; then
  cat > main.go << 'G'
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	fmt.Println(os.Getenv("PWD"))
	for _, name := range os.Args[1:] {
		f, err := os.Open(name)
		if err != nil {
			fmt.Println("no file")
			continue
		}
		line, _ := bufio.NewReader(f).ReadString('\n')
		fmt.Print(line)
	}
}
G
  GOOS=wasip1 GOARCH=wasm GOTOOLCHAIN=local GOFLAGS=-mod=mod go build -o go.wasm main.go && check go
else
  echo 'no Go here'
fi
if command -v rustc > /dev/null && rustc --print target-libdir --target wasm32-wasip1 > /dev/null 2>&1 &&
  [ -d "$(rustc --print target-libdir --target wasm32-wasip1)" ]; then
  cat > main.rs << 'R'
use std::io::BufRead;
fn main() {
    println!("{}", std::env::var("PWD").unwrap_or("no PWD".into()));
    for name in std::env::args().skip(1) {
        match std::fs::File::open(&name) {
            Ok(file) => println!("{}", std::io::BufReader::new(file).lines().next().unwrap().unwrap()),
            Err(_) => println!("no file"),
        }
    }
}
R
  rustc --target wasm32-wasip1 -O -o rust.wasm main.rs && check rust
else
  echo 'no Rust for wasm32-wasip1 here'
fi

# The rights of the grant hold in the working directory too.
compile write << 'C'
#include <stdio.h>
int main(void) { return fopen("new.txt", "w") == 0; }
C
build ro write 'MAP data:/work:ro\nWORKDIR /work/sub'
expect 1 ./ro.com
build rw write 'MAP data:/work\nWORKDIR /work/sub'
expect 0 ./rw.com
[ -f data/sub/new.txt ] || fail 'the file is not in the working directory'

# A link on the way cannot lead out of the grant, and a missing directory is an error that names the directive.
mkdir outside && ln -s ../outside data/out && ln -s sub data/in
build out c 'MAP data:/work\nWORKDIR /work/out'
expect 125 ./out.com
contains "$err" 'WORKDIR /work/out: ' 'a link out of the grant'
build in c 'MAP data:/work\nWORKDIR /work/in'
expect 0 ./in.com s.txt
contains "$out" sub 'a link inside the grant'
build gone c 'MAP data:/work\nWORKDIR /work/nowhere'
expect 125 ./gone.com
contains "$err" 'WORKDIR /work/nowhere: ' 'a missing directory'

refuse() {
  printf 'FROM c.wasm\n%b\n' "$1" > Hermitfile
  expect 1 "$HERMIT" -o refused.com
  contains "$err" "$2" "$1"
}
refuse 'MAP data:/work\nWORKDIR /other' 'Hermitfile:3:9: error: WORKDIR must lie at or below the guest path of a MAP or COPY'
refuse 'MAP data:/work\nWORKDIR /workshop' 'WORKDIR must lie'
refuse 'COPY assets /opt\nWORKDIR /opt/none' 'no such directory in what COPY embeds'
refuse 'COPY assets /opt\nWORKDIR /opt/inner/i.txt' 'no such directory in what COPY embeds'
refuse 'MAP /\nWORKDIR /tmp' 'relative paths lead to /'
refuse 'MAP data:/work\nWORKDIR /work\nENV_PWD_IS_HOST_CWD' 'exclude each other'
refuse 'MAP data:/work\nWORKDIR work' 'a guest path is absolute'

# The two flags.
build flags c 'ENV_PWD_IS_HOST_CWD\nMAP .'
expect 0 ./flags.com here.txt
equal "$PWD
here" "$out" 'ENV_PWD_IS_HOST_CWD'
build mine c 'ENV PWD=/mine'
expect 0 ./mine.com
equal /mine "$out" 'PWD is an ordinary variable without a working directory'
