#!/bin/sh
# dash 0.5.12: the builtins `echo` and `printf` say "I/O error" for whatever write(2) fails with. bash
# and coreutils' echo say what it was: on a full device, "No space left on device".
#
# It matters to control files, as of cgroupfs, sysfs or a FUSE file system, whose errno is their answer:
# on Debian, where sh is dash, EINVAL, EBUSY and EPERM of `echo value > file` all read alike.
set -eu
version=0.5.12-2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "dash=$version" >/dev/null 2>&1
dpkg-deb -x dash_*.deb root
said() {
  "$@" -c "$line" 2>&1 | sed 's/^.*: //'
}
line='echo x > /dev/full'
builtin=$(said root/bin/dash)
other=$(said bash)
line='printf x > /dev/full'
formatted=$(said root/bin/dash)
line='/bin/echo x > /dev/full'
program=$(said root/bin/dash)
printf 'dash, echo:      %s\ndash, printf:    %s\nbash, echo:      %s\ndash, /bin/echo: %s\n' \
  "$builtin" "$formatted" "$other" "$program"
[ "$builtin" = 'I/O error' ]
[ "$formatted" = 'I/O error' ]
[ "$other" = 'No space left on device' ]
[ "$program" = 'No space left on device' ]
