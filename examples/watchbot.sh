#!/bin/sh
# Two guards on two members: when one of them is killed, the other starts it again.
#
#   sh examples/watchbot.sh [MOUNT [MEMBER MEMBER]]     # MOUNT is /circuit by default
#
# runs until Ctrl-C, which takes both down. This script has to be at the same place
# on both hosts, and the circuit mounted at the same MOUNT.
set -u

# A guard on $1 watches the one on $2: `cat wait` returns when it has ended.
guard() {
  while :; do
    [ -e "$mount/$2/watchbot/wait" ] || start "$2" "$1"
    cat "$mount/$2/watchbot/wait" >/dev/null && echo >"$mount/$2/watchbot/scrub"
  done 2>/dev/null
}

# Starts a guard on $1 that watches the one on $2.
start() {
  [ -d "$mount/$1/watchbot" ] || mkdir "$mount/$1/watchbot"
  printf '{"Path": "sh", "Args": ["%s", "--guard", "%s", "%s", "%s"], "Retain": 4096}\n' \
    "$script" "$mount" "$1" "$2" >"$mount/$1/watchbot/mkproc"
}

finish() {
  trap '' INT TERM HUP
  kill "$sleeper"
  # A guard that is stopped restarts nobody.
  for member in "$a" "$b"; do echo STOP >"$mount/$member/watchbot/signal"; done
  for member in "$a" "$b"; do
    echo >"$mount/$member/watchbot/scrub"
    rmdir "$mount/$member/watchbot"
  done
} 2>/dev/null

script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
if [ "${1-}" = --guard ]; then
  mount=$2
  guard "$3" "$4"
fi

mount=${1-/circuit}
[ $# -ge 3 ] || set -- "$mount" $(ls "$mount")
if [ $# -lt 3 ]; then
  echo "usage: watchbot.sh [MOUNT [MEMBER MEMBER]], on a circuit of two members or more" >&2
  exit 2
fi
a=$2 b=$3 sleeper=
trap finish EXIT
trap 'exit 130' INT TERM HUP
start "$a" "$b" || exit 1
echo "guards on $mount/$a/watchbot and $mount/$b/watchbot"
# A shell runs its traps at once only while it waits.
sleep infinity &
sleeper=$!
wait $sleeper
