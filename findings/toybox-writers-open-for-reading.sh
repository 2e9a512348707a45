#!/bin/sh
# toybox 0.8.9 (Debian 12): `tee FILE` and `cp SOURCE FILE` open the file that they write for reading,
# too. A file that its user may only write is refused: "Permission denied". The tools of GNU and of busybox
# open it for writing alone, and succeed.
#
# It matters where files are commands, as those of cgroupfs, sysfs and Circuit: their modes are 0200.
set -eu
version=0.8.9+dfsg-1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "toybox=$version" "busybox-static" >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
chmod 755 . && touch command source && chmod 200 command && chmod 444 source
user=$(id -u nobody)
chown "$user" command
try() {
  # Root may read what nobody can.
  if echo go | setpriv --reuid "$user" --clear-groups "$@" >/dev/null 2>said; then
    echo "$*: done"
  else
    echo "$*: $(sed 's/^.*: //' said)"
  fi
}
got=$(
  try root/bin/toybox tee command
  try root/bin/toybox cp source command
  try root/bin/busybox tee command
  try root/bin/busybox cp source command
  try tee command
  try cp source command
)
printf '%s\n' "$got"
[ "$got" = 'root/bin/toybox tee command: Permission denied
root/bin/toybox cp source command: Permission denied
root/bin/busybox tee command: done
root/bin/busybox cp source command: done
tee command: done
cp source command: done' ]
