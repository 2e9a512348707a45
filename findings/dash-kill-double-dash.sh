#!/bin/sh
# dash 0.5.12: `kill -KILL -- -PGID` signals nobody. The builtin takes the first word after the
# signal for a process id, also if it is `--`, and says "Illegal number: -". The same line works in
# bash, and with procps' kill(1). `kill -s KILL -- -PGID` works in all of them.
#
# It matters to a script that takes down a process group, and does not look at the status, as
# cleanup code seldom does: on Debian, where sh is dash, everything goes on running.
set -eu
version=0.5.12-2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "dash=$version" >/dev/null 2>&1
dpkg-deb -x dash_*.deb root
cat >script <<'END'
setsid sleep 60 &
until kill -s 0 -- "-$!" 2>/dev/null; do :; done
kill $1 -- -$! 2>said
echo "status $?: $(sed 's/^.*kill: //' said | head -n 1)"
kill -s KILL -- "-$!" 2>/dev/null || :
END
old=$(root/bin/dash script -KILL 2>&1)
new=$(root/bin/dash script '-s KILL')
other=$(bash script -KILL 2>/dev/null)
printf 'dash, kill -KILL --:   %s\ndash, kill -s KILL --: %s\nbash, kill -KILL --:   %s\n' "$old" "$new" "$other"
[ "$old" = 'status 2: Illegal number: -' ]
[ "$new" = 'status 0: ' ]
[ "$other" = 'status 0: ' ]
