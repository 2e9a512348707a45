#!/bin/sh
# Keeps elements going: makes each again when it has ended, and says so on a channel.
#
#   sh guard.sh CHANNEL ANCHOR FILE [ANCHOR FILE]…
#
# FILE is written into the maker that its name ends with: db.mkproc, or db.mkdkr. The guard keeps
# nothing itself: one that is started again goes on with the elements that are there. What was on a
# host that is lost is made again when that host is back, and on no other, since its data is there.
# The guard ends when its channel is gone.
set -u
channel=$1
shift

# Nobody needs to read: what has no place in the channel is not said.
say() { echo "$(date -u +%FT%TZ) $*" >"$channel/trysend"; }

# Says what `wait` has printed in words: exited 1. The files of the element may be gone by then.
ending() { sed -n 's/^  "\(Phase\|Exit\)": "\(.*\)",*$/\1 \2/p' | sort -r | cut -d' ' -f2 | xargs; }

keep() {
  anchor=$1 file=$2 name=${1#*/.hosts/} lost='' failed=''
  while [ -e "$channel/cap" ]; do
    if ended=$(cat "$anchor/wait"); then
      say "$name has ended: $(echo "$ended" | ending)"
      echo >"$anchor/scrub"
    elif [ -z "$lost" ] && [ ! -d "${anchor%/*}" ]; then
      say "$name is lost with its host"
      lost=yes
    fi
    # Where it is there after all, its makers are not, and this fails.
    if mkdir -p "$anchor" && cat "$file" >"$anchor/${file##*.}"; then
      say "$name is started"
      lost='' failed=''
    elif [ -z "$failed" ] && [ -e "$anchor/${file##*.}" ]; then
      say "$name cannot be started: $(cat "$anchor/error")"
      failed=yes
    fi
    # One that ends at once is started once a second.
    sleep 1
  done 2>/dev/null
}

while [ $# -ge 2 ]; do
  keep "$1" "$2" &
  shift 2
done
wait
