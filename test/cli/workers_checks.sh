# A guest with HOST workers, and what it must see, whatever runs it: workers_checks START... runs `START workers.x ARGUMENT`, after
# workers_guest TARGET has packed it. For workers_test.sh.

workers_guest() {
  compile workers << 'C'
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#define IMPORT(name) __attribute__((import_module("hermit"), import_name(#name))) extern uint32_t name
IMPORT(worker_count)(void);
IMPORT(worker_start)(uint32_t* worker);
IMPORT(worker_send)(uint32_t to, const void* bytes, uint32_t size);
IMPORT(worker_wait)(uint32_t* from, uint32_t* size);
IMPORT(worker_receive)(uint32_t from, void* bytes, uint32_t size);
IMPORT(worker_close)(uint32_t worker);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) extern uint32_t proc_raise(uint32_t signal);
enum { AGAIN = 6, BADF = 8, FAULT = 21, MSGSIZE = 35, NOMEM = 48, PERM = 63, PIPE = 64 };

static volatile int shared, zero;
static char buffer[1 << 20];
static char large[300000] = {1, [299999] = 5};  // so large that an instance could take its pages from the file

__attribute__((noinline)) static int deep(int n) {
  const int result = n == zero ? 0 : deep(n + 1);
  return zero ? n : result;
}
__attribute__((noinline)) static void obey(const char* text, uint32_t size) {
  char answer[200];
  uint32_t number = 7;
  if (!strcmp(text, "trap")) __builtin_trap();
  if (!strcmp(text, "deep")) shared = deep(1);
  if (!strcmp(text, "exit")) exit(3);
  if (!strcmp(text, "loop")) for (;;) ++shared;
  if (!strcmp(text, "memory")) {
    char* all[64];
    for (int i = 0; i < 8; ++i) memset(all[i] = malloc(1 << 20), i, 1 << 20);
    int sum = large[299999 + zero];
    for (int i = 0; i < 8; ++i) sum += all[i][12345];
    sprintf(answer, "sum %d", sum);
  } else if (!strcmp(text, "reach")) {  // nothing is granted, to start workers least of all
    sprintf(answer, "workers %u, start %u, close %u, file %d, directory %d, variable %d, input %d, output %d, error %d",
            worker_count(), worker_start(&number), worker_close(0), open("here.txt", O_RDONLY), open("/", O_RDONLY),
            getenv("SECRET") != NULL, (int)read(0, answer, 1), (int)write(1, "x", 1), (int)write(2, "", 0));
    sprintf(answer + strlen(answer), ", raise %d, blocking %d, closed %d", (int)proc_raise(15), fcntl(2, F_SETFL, O_NONBLOCK), close(2));
  } else {
    sprintf(answer, "%s %d", size > 100 ? "large" : text, ++shared);
  }
  worker_send(0, answer, (uint32_t)strlen(answer));
}

void __wasm_call_ctors(void);
__attribute__((export_name("hermit_worker"))) void hermit_worker(void) {
  __wasm_call_ctors();
  for (uint32_t from, size; worker_wait(&from, &size) == 0;) {
    memset(buffer, 0, 200);
    if (worker_receive(from, buffer, size) != 0) return;
    if (!strcmp(buffer, "leave")) return;
    obey(buffer, size);
  }
}

static uint32_t start(void) {
  uint32_t number = 99, error = worker_start(&number);
  if (error != 0) printf("start: %u\n", error), exit(9);
  return number;
}
static uint32_t tell(uint32_t worker, const char* text) { return worker_send(worker, text, (uint32_t)strlen(text)); }
static uint32_t hear(void) {  // prints the next answer
  uint32_t from = 99, size = 0, error = worker_wait(&from, &size);
  char text[300] = "";
  if (error == 0) error = worker_receive(from, text, sizeof text);
  if (error == 0) printf("%u: %s\n", from, text); else printf("error %u of %u\n", error, from);
  fflush(stdout);
  return error;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  shared = 100;
  const uint32_t a = start();
  if (!strcmp(what, "talk")) {
    const uint32_t b = start();
    tell(a, "first"), tell(b, "second");
    uint32_t from, size;
    for (int i = 0; i < 2; ++i) worker_wait(&from, &size), worker_receive(from, buffer, size), printf("%.*s\n", (int)size, buffer);
    tell(a, "third"), hear();
    printf("mine %d\n", shared);
    memset(buffer, 'x', sizeof buffer);
    printf("%u\n", worker_send(b, buffer, sizeof buffer)), hear();
    printf("%d\n", worker_count() >= 1);
  } else if (!strcmp(what, "reach") || !strcmp(what, "memory")) {
    tell(a, what), hear();
    if (!strcmp(what, "reach")) fputs("still\n", stderr);
  } else if (!strcmp(what, "trap") || !strcmp(what, "deep") || !strcmp(what, "exit") || !strcmp(what, "leave")) {
    const uint32_t b = start();
    tell(a, what), hear();
    printf("gone %u\n", tell(a, "x"));
    tell(b, "other"), hear();
    tell(b, "leave"), hear(), hear();
  } else if (!strcmp(what, "bad")) {
    const uint32_t end = __builtin_wasm_memory_size(0) << 16;
    uint32_t from = 0, size = 0;
    printf("%u %u %u\n", worker_start((uint32_t*)end), worker_send(a, buffer, 0xffffffff), worker_send(a, (void*)(end - 4), 5));
    printf("%u %u\n", worker_wait((uint32_t*)(end - 3), &size), worker_wait(&from, (uint32_t*)0xffffffff));
    printf("%u %u %u\n", worker_send(63, "x", 1), worker_send(0xffffffff, "x", 1), worker_send(a + 1, "x", 1));
    tell(a, "hello"), worker_wait(&from, &size);
    printf("%u %u %u\n", worker_receive(a, buffer, 0xffffffff), worker_receive(a, buffer, size - 1), worker_receive(a + 1, buffer, size));
    hear();
    printf("%u %u\n", worker_receive(a, buffer, size), worker_close(0xffffffff));
    printf("%u %u\n", worker_close(a), tell(a, "x")), hear();
  } else if (!strcmp(what, "many") || !strcmp(what, "count")) {  // numbers come back, and so does what workers take
    worker_close(a);
    for (int i = 0; i < 300 && !strcmp(what, "many"); ++i) {
      const uint32_t number = start();
      tell(number, "x");
      uint32_t from, size;
      if (worker_wait(&from, &size) != 0 || from != number) return printf("round %d\n", i), 1;
      worker_close(number);
    }
    int most = 0, patience = 500;
    uint32_t number = 0, error;
    // One that was closed keeps its number until it has left.
    while ((error = worker_start(&number)) == 0 || (error == AGAIN && most < 64 && --patience > 0 && usleep(10000) == 0))
      most += error == 0;
    printf("%d, then %u\n", most, error);
  } else {
    tell(a, "loop");
    tell(start(), "loop");
    if (!strcmp(what, "end")) return 5;
    if (!strcmp(what, "fail")) __builtin_trap();
    puts("waiting"), fflush(stdout), hear();  // for ever
  }
  return 0;
}
C
  printf 'FROM workers.wasm\nMAP .\nENV SECRET=1\nHOST workers\nLIMIT stack=1MiB\n' > Hermitfile
  expect 0 "$HERMIT" --allow-host --target "$1" -o workers.x
}

workers_checks() {
  echo here > here.txt
  said() { # CODE ARGUMENT EXPECTED
    want=$1 argument=$2 expected=$3
    shift 3
    expect "$want" $start ./workers.x "$argument" < /dev/null
    out=$(printf %s "$out" | tr -d '\r')
    err=$(printf %s "$err" | tr -d '\r')
    equal "$expected" "$(printf '%s\n' "$out" | sort | tr '\n' '|')" "$argument"
  }
  start=$*
  # Two instances, with a variable each.
  said 0 talk '0|0: third 2|1|1: large 2|first 1|mine 100|second 1|'
  equal '' "$err" 'nothing is said'
  said 0 memory '0: sum 33|'
  said 0 reach "0: workers 0, start 63, close 63, file -1, directory -1, variable 0, input -1, output -1, error -1, raise 63, blocking -1, closed -1|"
  equal still "$err" 'the owner still has its standard error'
  # What ends a worker is reported, and its owner goes on.
  rest='0: error|1: other 1|error 64 of 0|error 64 of 1|error 8 of 99|gone 64|'
  said 0 leave "${rest#*|}"
  equal '' "$err" 'a worker that leaves'
  said 0 exit "${rest#*|}"
  equal '' "$err" 'a worker that exits'
  said 0 trap "${rest#*|}"
  contains "$err" 'workers.x: worker: trap: unreachable' 'a worker that traps'
  contains "$err" 'at ' 'its backtrace'
  said 0 deep "${rest#*|}"
  contains "$err" 'workers.x: worker: trap: call stack exhausted' 'LIMIT stack of a worker'
  said 0 bad '0 64|0: hello 1|21 21|21 21 21|21 35 6|6 0|64 64 64|error 8 of 99|'
  # An emulator takes a second for the address space of each.
  case $start in qemu*) ;; *) said 0 many '64, then 6|' ;; esac
  # The program ends though its workers do not.
  said 5 end '|'
  said 134 fail '|'
  contains "$err" 'trap: unreachable' 'the program traps'
}
