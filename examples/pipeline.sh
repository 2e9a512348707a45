#!/bin/sh
# A pipeline across three members: `seq 1000 | grep 7 | wc -l`, each part on a host
# of its own, made and connected by nothing but cat and echo.
#
#   sh examples/pipeline.sh [MOUNT [MEMBER MEMBER MEMBER]]     # MOUNT is /circuit by default
set -eu

mount=${1-/circuit}
[ $# -ge 4 ] || set -- "$mount" $(ls "$mount")
if [ $# -lt 4 ]; then
  echo "usage: pipeline.sh [MOUNT [MEMBER MEMBER MEMBER]], on a circuit of three members or more" >&2
  exit 2
fi
name=pipeline-$$
a=$mount/$2/$name b=$mount/$3/$name c=$mount/$4/$name
finish() {
  trap '' INT TERM HUP
  for part in "$a" "$b" "$c"; do
    [ ! -e "$part/scrub" ] || echo >"$part/scrub"
    [ ! -d "$part" ] || rmdir "$part"
  done
  wait
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
mkdir "$a" "$b" "$c"

echo '{"Path": "seq", "Args": ["1000"]}' >"$a/mkproc"
echo '{"Path": "grep", "Args": ["7"]}' >"$b/mkproc"
echo '{"Path": "wc", "Args": ["-l"]}' >"$c/mkproc"

cat "$a/stdout" >"$b/stdin" &
cat "$b/stdout" >"$c/stdin" &
cat "$c/stdout"
