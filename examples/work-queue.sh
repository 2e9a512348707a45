#!/bin/sh
# One channel, many workers on many members: each job goes to the first who is free.
#
#   sh examples/work-queue.sh [MOUNT [WORKERS [JOBS]]]     # /circuit, 2 on each member, 12
#
# The workers' hosts have the circuit mounted at the same MOUNT. A job is a number,
# and its result, on standard output, is the number's square and who computed it.
set -eu

mount=${1-/circuit} workers=${2-2} jobs=${3-12}
if [ ! -L "$mount/.self" ]; then
  echo "usage: work-queue.sh [MOUNT [WORKERS [JOBS]]]; $mount is not the mount of a circuit" >&2
  exit 2
fi
name=work-queue-$$
home=$mount/$(readlink "$mount/.self")/$name
members=$(ls "$mount")
finish() {
  trap '' INT TERM HUP
  for element in "$mount"/*/"$name"/*/scrub; do
    [ ! -e "$element" ] || echo >"$element"
  done
  for anchor in "$mount"/*/"$name"/*/ "$mount"/*/"$name"/; do
    [ ! -d "$anchor" ] || rmdir "$anchor"
  done
  wait
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

for member in $members; do mkdir "$mount/$member/$name"; done
mkdir "$home/jobs" "$home/results"
echo 0 >"$home/jobs/mkchan"
echo "$jobs" >"$home/results/mkchan"

# A worker ends when the channel is closed and drained: cat fails then.
worker='while job=$(cat "$1/jobs/recv" 2>/dev/null); do
  echo "$job squared is $((job * job)), says $2" > "$1/results/send";
done'
for member in $members; do
  for number in $(seq "$workers"); do
    mkdir "$mount/$member/$name/worker$number"
    printf '{"Path": "sh", "Args": ["-c", "%s", "worker", "%s", "%s"], "Retain": 4096}\n' \
      "$(echo "$worker" | tr '\n' ' ' | sed 's/"/\\"/g')" "$home" "$member/$number" \
      >"$mount/$member/$name/worker$number/mkproc"
  done
done

for job in $(seq "$jobs"); do echo "$job" >"$home/jobs/send"; done
echo >"$home/jobs/close"
for job in $(seq "$jobs"); do cat "$home/results/recv"; done
for member in $members; do
  for number in $(seq "$workers"); do cat "$mount/$member/$name/worker$number/wait" >/dev/null; done
done
