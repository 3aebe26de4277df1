#!/bin/bash
# The start script under every shell and in every situation of docs/formats/executable.md, with stub launchers that print
# what reached them.
#   script_test.sh OUT      OUT: made by build.sh
# A case whose tool or permission is missing is skipped by name.
set -u
out=$(cd "$1" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/hermit script.XXXXXX")  # a space, on purpose
trap 'rm -rf "$work"' EXIT
failures=0 skips=0 case_name=
# Launchers, and a payload that no shell may ever reach.
printf 'echo THE SHELL RAN INTO THE PAYLOAD\nPAYLOAD' > "$work/payload"
set --
for target in linux-x86_64 linux-aarch64 macos-x86_64 macos-aarch64 windows-x86_64; do set -- "$@" "$target=$out/$target"; done
for type in all unix; do
  "$out/pack_file" "$type" "$work/$type" "$work/payload" 4096 "$@" > /dev/null || exit 1
  chmod 755 "$work/$type"
done
cached=hermit-$(sha256sum < "$out/linux-x86_64" | cut -c 1-16)-linux-x86_64

failed_case=
fail() {  # the first failure of a case is shown, the others follow from it
  [ "$failed_case" != "$case_name" ] || return 0
  failed_case=$case_name failures=$((failures + 1))
  printf 'FAIL %s: %s\n' "$case_name" "$1"
  sed 's/^/    /' "$work/stdout" "$work/stderr" | head -n 12
}
skip() { printf 'skip %s: %s\n' "$case_name" "$1"; skips=$((skips + 1)); }
# begin NAME: a fresh place with a file `app` (All) and `app.sh` (Unix), an empty home and temporary directory.
begin() {
  case_name=$1 place=$work/place
  chmod -R u+w "$place" 2> /dev/null
  rm -rf "$place"
  mkdir -p "$place/home" "$place/tmp" "$place/bin"
  cp "$work/all" "$place/app"
  cp "$work/unix" "$place/app.sh"
  cd "$place" || exit 1
  rm -f {/tmp,/var/tmp,/dev/shm}/hermit-"$(id -u)/$cached"
  : > "$work/stdout"; : > "$work/stderr"
}
# run COMMAND...: with a small environment; results in stdout, stderr and $status.
run() { env -i PATH=/usr/bin:/bin HOME="$place/home" "$@" > "$work/stdout" 2> "$work/stderr" < /dev/null; status=$?; }
bare_run() { env -i "$@" > "$work/stdout" 2> "$work/stderr" < /dev/null; status=$?; }
want_status() { [ "$status" = "$1" ] || fail "exit status $status instead of $1"; }
want() { grep -qxF -- "$1" "$work/stdout" || fail "no line '$1' on stdout"; }
want_error() { grep -qF -- "$1" "$work/stderr" || fail "no '$1' on stderr"; }
want_quiet() { [ ! -s "$work/stderr" ] || fail "stderr is not empty"; }
want_cached() { [ -x "$1/$cached" ] && cmp -s "$1/$cached" "$out/linux-x86_64" || fail "no launcher in $1"; }
want_nothing_else() { [ "$(ls -A "$1")" = "$cached" ] || fail "left in $1: $(ls -A "$1" | tr '\n' ' ')"; }
want_started() { want_status 7; want "target linux-x86_64"; want_quiet; ! grep -q 'THE SHELL' "$work/stdout" || fail "ran into the payload"; }
have() { command -v "$1" > /dev/null; }

# --- the shells

for shell in dash bash 'bash --posix' zsh 'busybox sh' mksh ksh93 yash; do
  have ${shell%% *} || { case_name="$shell app"; skip "not installed"; continue; }
  for file in app app.sh; do
    # ksh93 and yash stop at the zero bytes of e_lfanew, even in a comment; the Unix file is for them.
    case "$file $shell" in 'app ksh93' | 'app yash') continue ;; esac
    begin "$shell $file, cold and warm"
    for start in cold warm; do
      umask 027
      run _o=mine n=exported $shell "$file" one 'two  words' '' '*' -- '$HOME'
      umask 022
      want_started
      want "file ./$file"; want "name $file"
      want "arg one"; want "arg two  words"; want "arg "; want "arg *"; want "arg --"; want 'arg $HOME'
      want "umask 027"
      want "env n=exported"; want "env HOME=$place/home"; want "env PATH=/usr/bin:/bin"
      grep -vE '^env (HOME|PATH|PWD|OLDPWD|SHLVL|LOGNAME|A__z|_|_o|n)=' "$work/stdout" | grep '^env ' &&
        fail "the script leaks into the environment"
      want_cached "$place/home/.cache/hermit"; want_nothing_else "$place/home/.cache/hermit"
    done
    [ "$(stat -c %a "$place/home/.cache/hermit")" = 700 ] || fail "cache directory is open to others"
  done
done

for shell in dash bash zsh fish 'busybox sh' mksh ksh93 yash; do
  have ${shell%% *} || { case_name="started from $shell"; skip "not installed"; continue; }
  for file in app app.sh; do
    # mksh does not start a file that execve refuses, the others run it themselves; the Unix file is for them.
    case "$file $shell" in 'app mksh' | 'app ksh93' | 'app yash') continue ;; esac
    begin "$file started from $shell"
    run $shell -c "./$file 'a b'"
    want_started; want "file ./$file"; want "name ./$file"; want "arg a b"
  done
done

begin "the Unix file through execve"
run ./app.sh x; want_started; want "file ./app.sh"; want "arg x"

begin "stdin reaches the program"
for file in app app.sh; do
  for start in cold warm; do
    env -i PATH=/usr/bin:/bin HOME="$place/home" sh ./$file < <(echo input) > "$work/stdout" 2> "$work/stderr"; status=$?
    want_started; want "stdin input"
  done
  rm -rf home/.cache
done

begin "closed stdin, stdout and stderr"
sh ./app <&- > "$work/stdout" 2>&1; status=$?; want_started
HOME=$place/home sh ./app <&- >&- 2>&-; [ $? = 7 ] || fail "does not start with everything closed"

for shell in dash bash 'busybox sh' mksh; do
  begin "a warm start in $shell starts no process"
  if ! have strace || ! have ${shell%% *}; then skip "no strace or shell"; continue; fi
  for start in cold warm; do run strace -f -e trace=clone,clone3,fork,vfork -o "$place/calls" $shell ./app; done
  want_started; ! grep -qE 'fork|clone' calls || fail "$(head -n 1 calls)"
done

# --- names and places

for name in 'with space' '-dash' "quote'" '$(touch pwned)' 'new
line' 'ünïcode' '*'; do
  begin "file named '$name'"
  mv -- app "./$name"
  run sh "./$name" a; want_started
  grep -qF "file ./${name%%$'\n'*}" "$work/stdout" || fail "wrong file"
  run sh "$place/$name" a; want_started
  mkdir "d $name"; mv -- "./$name" "d $name/"
  run sh "d $name/$name" a; want_started
  [ ! -e pwned ] || fail "the name was executed"
done

begin "sh app, with another app earlier in PATH"
printf '#!/bin/sh\necho WRONG\n' > bin/app; chmod +x bin/app
bare_run PATH="$place/bin:/usr/bin:/bin" HOME="$place/home" sh app; want_started; want "file ./app"

begin "found through PATH"
mv app bin/prog; mkdir other; cd other
for shell in sh bash zsh; do
  bare_run PATH="$place/bin:/usr/bin:/bin" HOME="$place/home" $shell -c prog; want_started; want "file $place/bin/prog"
done

begin "through a symlink"
mkdir real; mv app real/; ln -s ../place/real/app link
run sh ./link; want_started; want "file ./link"; want "name ./link"

# --- where the launcher is cached

begin "HERMIT_CACHE comes first"
run HERMIT_CACHE="$place/my cache" XDG_CACHE_HOME="$place/xdg" sh ./app; want_started
want_cached "$place/my cache"; [ ! -e xdg ] && [ ! -e home/.cache ] || fail "used another directory"

begin "XDG_CACHE_HOME comes next"
run XDG_CACHE_HOME="$place/xdg" sh ./app; want_started; want_cached "$place/xdg/hermit"

begin "relative directories are never used"
run HERMIT_CACHE=rel XDG_CACHE_HOME=rel2 HOME=rel3 TMPDIR="$place/tmp" sh ./app; want_started
[ ! -e rel ] && [ ! -e rel2 ] && [ ! -e rel3 ] || fail "created a relative directory"
want_cached "$place/tmp/hermit-$(id -u)"

begin "no HOME"
bare_run PATH=/usr/bin:/bin TMPDIR="$place/tmp" sh ./app; want_started; want_cached "$place/tmp/hermit-$(id -u)"
bare_run PATH=/usr/bin:/bin TMPDIR="$place/tmp" sh ./app; want_started
[ "$(stat -c %a "$place/tmp/hermit-$(id -u)")" = 700 ] || fail "directory is open to others"

for shell in dash bash zsh 'busybox sh' mksh; do
  have ${shell%% *} || continue
  begin "empty environment, $shell"
  [ "$shell" != zsh ] || rm -f ~/".cache/hermit/$cached"  # zsh sets HOME itself
  for start in cold warm; do bare_run "$(command -v ${shell%% *})" ${shell#"${shell%% *}"} ./app; want_started; done
  [ "$shell" != zsh ] || { rm -f ~/".cache/hermit/$cached"; continue; }
  want_cached "/tmp/hermit-$(id -u)"
done

begin "UID and other variables of the environment do not matter"
bare_run PATH=/usr/bin:/bin TMPDIR="$place/tmp" UID=evil _u=evil _d=/evil _c=/evil _n=evil _p=x dash ./app
want_started; want_cached "$place/tmp/hermit-$(id -u)"

begin "a wrong copy is replaced"
mkdir -p home/.cache/hermit; : > "home/.cache/hermit/$cached"; chmod 755 "home/.cache/hermit/$cached"
run sh ./app; want_started; want_cached "$place/home/.cache/hermit"
chmod 600 "home/.cache/hermit/$cached"; run sh ./app; want_started; want_cached "$place/home/.cache/hermit"

begin "planted symlink to a program"
mkdir -p home/.cache/hermit; printf '#!/bin/sh\necho PLANTED\n' > planted; chmod +x planted
ln -s "$place/planted" "home/.cache/hermit/$cached"
run sh ./app; want_started; [ ! -h "home/.cache/hermit/$cached" ] || fail "symlink still there"
grep -q PLANTED planted || fail "wrote through the symlink"

begin "planted symlink for the directory in a temporary directory"
mkdir -p evil; ln -s "$place/evil" "tmp/hermit-$(id -u)"
bare_run PATH=/usr/bin:/bin TMPDIR="$place/tmp" HERMIT_CACHE= sh ./app; want_started
[ -z "$(ls -A evil)" ] || fail "followed the symlink"
cp "$out/linux-x86_64" "evil/$cached"
bare_run PATH=/usr/bin:/bin TMPDIR="$place/tmp" sh ./app; want_started
grep -qF "launcher $place/tmp" "$work/stdout" && fail "ran what lies behind the symlink"

begin "60 concurrent first starts"
for i in $(seq 60); do
  (run_out=$(env -i PATH=/usr/bin:/bin HOME="$place/home" sh ./app "$i" 2>&1 < /dev/null)
   [ $? = 7 ] && case $run_out in *"arg $i"*) echo ok ;; esac >> "$place/done") &
done
wait
[ "$(wc -l < done)" = 60 ] || fail "only $(wc -l < done) of 60 started"
want_cached "$place/home/.cache/hermit"; want_nothing_else "$place/home/.cache/hermit"

begin "a system that is not in the file"
printf '#!/bin/sh\necho Plan9 mips\n' > bin/uname; chmod +x bin/uname
cat > hide.sh <<'EOF'
mount --bind /dev/null /proc/sys/kernel/arch
exec env -i PATH="$1/bin:/usr/bin:/bin" HOME="$1/home" sh ./app
EOF
if unshare -Urm true 2> /dev/null; then
  unshare -Urm sh hide.sh "$place" > "$work/stdout" 2> "$work/stderr"; status=$?
  want_status 126; want_error "nothing in this file runs on Plan9 mips"; want_error "linux-aarch64"
  printf '#!/bin/sh\necho Linux x86_64\n' > bin/uname
  unshare -Urm sh hide.sh "$place" > "$work/stdout" 2> "$work/stderr"; status=$?
  want_started
  case_name="uname instead of /proc"; want "target linux-x86_64"
else skip "no user namespaces"; fi

begin "linux-aarch64 through qemu-user, cold and warm"
cat > arm.sh <<'EOF'
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || exit 99
printf '%s' ':a64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$2:FP" > /proc/sys/fs/binfmt_misc/register || exit 99
echo aarch64 > arch; mount --bind arch /proc/sys/kernel/arch || exit 99
for start in cold warm; do env -i PATH=/usr/bin:/bin HOME="$1/home" sh ./app "a b"; done
EOF
if have qemu-aarch64 && unshare -Urm true 2> /dev/null; then
  unshare -Urm sh arm.sh "$place" "$(command -v qemu-aarch64)" > "$work/stdout" 2> "$work/stderr"; status=$?
  if [ $status = 99 ]; then skip "binfmt_misc cannot be mounted"; else
    want_status 7; want_quiet; want "file ./app"; want "arg a b"
    [ "$(grep -cx 'target linux-aarch64' "$work/stdout")" = 2 ] || fail "wrong launcher"
    cmp -s home/.cache/hermit/hermit-*-linux-aarch64 "$out/linux-aarch64" || fail "not the launcher's bytes"
  fi
else skip "no qemu-aarch64 or user namespaces"; fi

begin "macOS, pretended: table, cache directory and Rosetta"
cat > mac.sh <<'EOF'
mount --bind /dev/null /proc/sys/kernel/arch
[ -z "$2" ] || { mount -t tmpfs t /usr/sbin && printf '#!/bin/sh\necho 1\n' > /usr/sbin/sysctl && chmod +x /usr/sbin/sysctl; }
printf '#!/bin/sh\necho Darwin %s\n' "$3" > bin/uname
# The launcher cannot run here, so the script removes it again: an `rm` that keeps a copy.
cp /usr/bin/rm "$1/real_rm"
printf '#!/bin/sh\nfor f; do :; done\ncp "$f" %s/extracted\nexec %s/real_rm "$@"\n' "'$1'" "'$1'" > "$1/rm.sh"; chmod +x "$1/rm.sh"
mount --bind "$1/rm.sh" /usr/bin/rm
exec env -i PATH="$1/bin:/usr/bin:/bin" HOME="$1/home" sh ./app
EOF
printf '#!/bin/sh\n' > bin/uname; chmod +x bin/uname
if unshare -Urm true 2> /dev/null && [ ! -h /usr/bin/rm ]; then
  for row in ' x86_64 macos-x86_64' ' arm64 macos-aarch64' 'rosetta x86_64 macos-aarch64'; do
    IFS=' ' read -r rosetta machine target <<< "$(echo "$row" | sed 's/^ /- /')"
    [ "$rosetta" != - ] || rosetta=
    case_name="macOS $machine ${rosetta:+under Rosetta}, pretended"
    rm -rf home extracted; mkdir home
    unshare -Urm sh mac.sh "$place" "$rosetta" "$machine" > "$work/stdout" 2> "$work/stderr"; status=$?
    want_status 126; want_error "set HERMIT_CACHE"
    cmp -s extracted "$out/$target" || fail "extracted something else than $target"
    [ -d home/Library/Caches/hermit ] || fail "not in Library/Caches"
  done
else skip "no user namespaces"; fi

begin "cache directory that does not allow programs"
cat > noexec.sh <<'EOF'
mount -t tmpfs -o noexec,mode=700 none "$1/home" || exit 99
for start in cold warm; do env -i PATH=/usr/bin:/bin HOME="$1/home" TMPDIR="$1/tmp" sh ./app; done
status=$?
ls -A "$1/home/.cache/hermit" | sed 's/^/left behind /'
exit $status
EOF
if unshare -Urm true 2> /dev/null; then
  unshare -Urm sh noexec.sh "$place" > "$work/stdout" 2> "$work/stderr"; status=$?
  want_started; ! grep -q 'left behind' "$work/stdout" || fail "temporary file left behind"
  [ "$(grep -c "launcher $place/tmp/hermit-0/" "$work/stdout")" = 2 ] || fail "not from the next directory"
else skip "no user namespaces"; fi

begin "read-only file system, with one writable directory"
cat > readonly.sh <<'EOF'
for place in / /tmp /var/tmp /dev/shm; do mount -o remount,bind,ro "$place" 2> /dev/null || { mount --bind "$place" "$place"; mount -o remount,bind,ro "$place"; } || exit 99; done
[ -z "$2" ] || mount -t tmpfs none "$1/tmp" || exit 99
cd "$1" && env -i PATH=/usr/bin:/bin HOME="$1/home" ${2:+TMPDIR="$1/tmp"} sh ./app
EOF
if unshare -Urm sh readonly.sh "$place" writable > "$work/stdout" 2> "$work/stderr"; status=$?; [ $status != 99 ]; then
  want_started; grep -qF "launcher $place/tmp/hermit-" "$work/stdout" || fail "not from TMPDIR"
  case_name="read-only file system"
  unshare -Urm sh readonly.sh "$place" '' > "$work/stdout" 2> "$work/stderr"; status=$?
  want_status 126; want_error "set HERMIT_CACHE"
  [ "$(wc -l < "$work/stderr")" = 1 ] || fail "more than one line on stderr"
else skip "cannot remount here"; fi

begin "disk full"
cat > full.sh <<'EOF'
mount -t tmpfs -o size=8k,mode=700 none "$1/home" || exit 99
env -i PATH=/usr/bin:/bin HOME="$1/home" TMPDIR="$1/tmp" sh ./app
status=$?; find "$1/home" -type f | sed 's/^/left behind /'; exit $status
EOF
if unshare -Urm true 2> /dev/null; then
  unshare -Urm sh full.sh "$place" > "$work/stdout" 2> "$work/stderr"; status=$?
  want_started; ! grep -q 'left behind' "$work/stdout" || fail "a short copy was left behind"
else skip "no user namespaces"; fi

begin "a file cut short"
head -c 6000 "$work/all" > app
run TMPDIR="$place/tmp" sh ./app; want_status 126; want_error "set HERMIT_CACHE"
[ -z "$(find home tmp -type f)" ] || fail "left a file behind"

begin "HOME of somebody else (sudo -E)"
if [ "$(id -u)" = 0 ] && have setpriv; then
  chmod 755 "$work" "$place"; chown 1234 home
  bare_run PATH=/usr/bin:/bin HOME="$place/home" TMPDIR="$place/tmp" sh ./app; want_started
  [ -z "$(ls -A home)" ] || fail "root created something in a user's home"
  # The user starts it, then root with the user's HOME: root must not run the user's copy.
  as_user() { setpriv --reuid 1234 --regid 1234 --clear-groups env -i PATH=/usr/bin:/bin "$@" > "$work/stdout" 2> "$work/stderr"; status=$?; }
  as_user HOME="$place/home" sh ./app; want_started; grep -qF "launcher $place/home" "$work/stdout" || fail "not from HOME"
  bare_run PATH=/usr/bin:/bin HOME="$place/home" TMPDIR="$place/tmp" sh ./app; want_started
  grep -qF "launcher $place/tmp/hermit-0/" "$work/stdout" || fail "root ran a user's file"
  begin "another user's file in a directory of one's own that is open to all"
  mkdir open; chmod 777 open; printf '#!/bin/sh\necho PLANTED\n' > "open/$cached"; chmod 755 "open/$cached"; chown 1234 "open/$cached"
  bare_run PATH=/usr/bin:/bin HERMIT_CACHE="$place/open" sh ./app; want_started; want_cached "$place/open"
  begin "another user's directory in /tmp"
  chmod 755 "$work" "$place"; chmod 1777 tmp; mkdir tmp/hermit-1234; cp "$out/linux-x86_64" "tmp/hermit-1234/$cached"; chmod -R 777 tmp/hermit-1234
  as_user TMPDIR="$place/tmp" sh ./app; want_started
  grep -qF "launcher $place/tmp" "$work/stdout" && fail "ran a file of another user"
  rm -rf /tmp/hermit-1234
else skip "needs root and setpriv"; fi

begin "no such file to read"
run sh -c ". '$place/app'" gone; want_status 127; want_error "cannot find this file"

begin end; cd /
if [ $failures = 0 ]; then echo "script_test: passed, $skips skipped"; else echo "script_test: $failures failures"; exit 1; fi
