#!/bin/sh
# Runs a command for each member that leaves the network, with its path as the last argument.
#
#   sh examples/on-leave.sh /circuit logger -t circuit "has gone:"
#
# runs until Ctrl-C. No member is missed while the command runs: the events wait.
set -eu

if [ $# -lt 2 ]; then
  echo "usage: on-leave.sh MOUNT COMMAND [ARG…]" >&2
  exit 2
fi
mount=$1
shift
# Of this host's own member: what it learns.
subscription=$mount/$(readlink "$mount/.self")/on-leave-$$
finish() {
  trap '' INT TERM
  [ ! -e "$subscription/scrub" ] || echo >"$subscription/scrub"
  wait
  rmdir "$subscription"
}
trap finish EXIT
trap 'exit 130' INT TERM
mkdir "$subscription"
echo >"$subscription/mk@leave"

# Ends when the subscription is scrubbed: cat fails then.
watch() {
  while member=$(cat "$subscription/recv" 2>/dev/null); do "$@" "$member" || true; done
}

# A shell runs its traps at once only while it waits.
watch "$@" &
wait $!
echo "on-leave.sh: the subscription has ended" >&2
exit 1
