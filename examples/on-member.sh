#!/bin/sh
# Runs a command for each member, with its path as the last argument: with `join` for all that are
# there, and then for each that comes; with `leave` for each that goes.
#
#   sh examples/on-member.sh /circuit join logger -t circuit "is there:"
#   sh examples/on-member.sh /circuit leave logger -t circuit "has gone:"
#
# runs until Ctrl-C. No member is missed while the command runs: the events wait.
set -eu

usage() {
  echo "usage: on-member.sh MOUNT join|leave COMMAND [ARG…]" >&2
  exit 2
}
[ $# -ge 3 ] || usage
mount=$1 change=$2
shift 2
case $change in join | leave) ;; *) usage ;; esac
# The subscription tells what this host's own member learns.
subscription=$mount/$(readlink "$mount/.self")/on-$change-$$
finish() {
  trap '' INT TERM HUP
  [ ! -e "$subscription/scrub" ] || echo >"$subscription/scrub"
  wait
  rmdir "$subscription"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
mkdir "$subscription"
echo >"$subscription/mk@$change"

# Ends when the subscription is scrubbed: cat fails then.
watch() {
  while member=$(cat "$subscription/recv" 2>/dev/null); do "$@" "$member" || true; done
}

# A shell runs its traps at once only while it waits.
watch "$@" &
wait $!
echo "on-member.sh: the subscription has ended" >&2
exit 1
