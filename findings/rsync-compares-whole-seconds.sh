#!/bin/sh
# rsync 3.5.0 (Debian 12): a file that was rewritten with the same length within the same second is
# not copied again by `rsync -a`, though both file systems keep nanoseconds, and though rsync
# itself copies them: its quick check compares whole seconds. With `--modify-window=-1` it compares
# nanoseconds.
#
# It matters to whatever mirrors small files that change often and keep their length: counters,
# states, pids. The copy stays old until a later second changes the file once more.
set -eu
version=3.5.0+ds1-0+deb12u1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "rsync=$version" libpopt0 libxxhash0 liblz4-1 libzstd1 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH
printf one >from
touch -d '2026-01-01 00:00:00.1' from
root/usr/bin/rsync -a from to
copied=$(stat -c %y to)
printf two >from
touch -d '2026-01-01 00:00:00.9' from
root/usr/bin/rsync -a from to
seconds=$(cat to)
root/usr/bin/rsync -a --modify-window=-1 from to
nanoseconds=$(cat to)
printf 'copied with the time %s\nthen rsync -a: %s\nwith --modify-window=-1: %s\n' \
  "$copied" "$seconds" "$nanoseconds"
[ "${copied#*:00.1}" != "$copied" ]
[ "$seconds" = one ]
[ "$nanoseconds" = two ]
