#!/bin/sh
# Takes down what a test has set up in DIR when its standard input ends, which it
# also does when the test is interrupted or killed:
#   DIR/notes/pids/PID    a process to end, with its group and those that it has started
#   DIR/notes/netns/NAME  a network namespace to remove
#   DIR/notes/cgroups/*   has the path of a control group to remove, with those in it
# and every process that has TEST_OF=DIR in its environment, every mount below DIR,
# then DIR itself.
trap '' INT TERM HUP
dir=$1
# A daemon whose holder of the address file ends takes that over, and logs it: it would do so
# in the middle of another test. While a test runs the file is nobody's.
address=/run/circuit/address
held() { [ /proc/self/fd/9 -ef "$address" ]; }
if [ "$(id -u)" = 0 ] && mkdir -p "${address%/*}"; then
  # Another janitor may take the file away between these two lines, or be about to.
  for _ in 1 2 3 4 5; do
    # dash would end where the file cannot be opened, but for `command`.
    command exec 9>>"$address" || break
    flock --shared --nonblock 9 && held && break
  done
fi
cat >/dev/null

for file in "$dir"/notes/pids/*; do
  [ -e "$file" ] || continue
  pid=${file##*/}
  # The processes that a daemon has started are groups of their own, and one with an environment
  # of its own is found in no other way; the daemon is to start no more.
  kill -STOP "$pid" 2>/dev/null
  groups=$(cat /proc/"$pid"/task/*/children 2>/dev/null)
  kill -KILL "$pid" 2>/dev/null
  # dash knows a group after -s KILL only: it takes `-KILL -- -1` for an illegal number.
  for group in $pid $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
done
# Those whose parents have gone are found by their environment. Its daemons are dead by now, so
# that none of these waits for one of them, which would keep us from reading it (proc(5)).
for _ in 1 2 3 4 5; do
  left=$(grep -lszxF "TEST_OF=$dir" /proc/[0-9]*/environ | cut -d/ -f3)
  [ "$left" ] || break
  kill -KILL $left 2>/dev/null
done
awk -v dir="$dir/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo |
  while read -r mountpoint; do umount -l "$(printf %b "$mountpoint")"; done
for file in "$dir"/notes/netns/*; do
  [ -e "$file" ] && ip netns delete "${file##*/}"
done
# The containers of a Docker engine: in version 1 of control groups, one that is paused ends when it goes on.
for file in "$dir"/notes/cgroups/*; do
  [ -e "$file" ] || continue
  read -r cgroup <"$file"
  find "$cgroup" -name freezer.state -exec sh -c 'for state; do echo THAWED >"$state"; done' sh {} + 2>/dev/null
done
for file in "$dir"/notes/cgroups/*; do
  [ -e "$file" ] || continue
  read -r cgroup <"$file"
  [ ! -e "$cgroup/cgroup.kill" ] || echo 1 >"$cgroup/cgroup.kill"
  # It can be removed when its processes have been reaped.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -d "$cgroup" ] || break
    # Version 1 has no cgroup.kill.
    pids=$(find "$cgroup" -name cgroup.procs -exec cat {} +)
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.2
  done
done
# Programs that have lost their daemon may write a last line meanwhile.
for _ in 1 2 3 4 5; do
  rm -rf "$dir" && break
  sleep 1
done
# The last of those that run at once takes it away; flock(2) lets two never lock it so.
flock --exclusive --nonblock 9 2>/dev/null && held && [ ! -s "$address" ] && rm -f "$address"
