#!/bin/sh
# At a terminal a build says how far it is, and takes that away again; elsewhere it says nothing. Ctrl-C ends it, and leaves neither
# half an output nor the file it would have become.
. "$(dirname "$0")/lib.sh"
need python3
cp "$(dirname "$HERMIT")/pack/hermit.wasm" . # some seconds of work, for both processors
printf 'FROM hermit.wasm\nHOST set-executable run workers\n' > Hermitfile
cat > terminal.py << 'END'
import os, pty, signal, sys

interrupted = sys.argv[1] == "interrupt"
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background processes ignore it
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:  # how Linux says that nobody has the terminal open any more
        break
    if not part:
        break
    shown += part
    if interrupted and b"compiling for" in shown:
        os.write(terminal, b"\x03")
        interrupted = False
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(shown)
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
END

expect 0 python3 terminal.py show sh "$HERMIT" --allow-host --jobs 1 -o shown
python3 - << 'END' || fail "a terminal shows $(od -c out.txt | tail -n 20)"
import re
text = open("out.txt", "rb").read().decode()
clear = "\r\x1b[K"
for isa in "x86_64", "aarch64":
    percents = [int(n) for n in re.findall(r"\r\x1b\[Kcompiling for " + isa + r": (\d+) %", text)]
    assert percents == sorted(percents), percents
assert len(percents) > 2 and percents[-1] == 100, percents  # the first may be over before it would be shown
# Each step takes the place of the one before, and the last is taken away.
assert "\n" not in text[: text.rindex(clear)] and "…" not in text[text.rindex(clear) :], text
END

expect 0 "$HERMIT" --allow-host --jobs 1 -o silent
equal '' "$err" 'no progress in a pipe'
case $out in *compiling* | *%*) fail "progress in a pipe: $out" ;; esac
cmp shown silent || fail 'a terminal makes another file'

# The output of before stays, where there was one.
mkdir into
for old in '' old; do
  rm -f into/prog
  [ -z "$old" ] || echo "$old" > into/prog
  expect 130 python3 terminal.py interrupt sh "$HERMIT" --allow-host --jobs 1 -o into/prog
  contains "$out" 'compiling for' 'what was interrupted'
  [ -z "$old" ] || equal old "$(cat into/prog)" 'the output of before'
  equal "${old:+prog}" "$(ls -A into)" 'what is left behind'
done
