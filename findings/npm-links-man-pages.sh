#!/bin/sh
# npm 11.21.2 and 12.2.2: whether `npm install --global` makes the man pages of a package known to man(1).
# npm 11 links those that `man` in package.json names into PREFIX/share/man, but only of a package that
# has a `bin` as well: the pages of a library, or of file formats alone, are installed and not found, and
# nothing warns. npm 12 links none; its documents tell so in a note, and the installation does not.
#
# It matters to whoever ships a manual: pages belong into folders man1, man5, … of the package, so that
# users of npm 12 can point man(1) to them (MANPATH, or `man -M`).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export HOME="$dir" npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
for version in 11.21.2 12.2.2; do
  npm install --silent --prefix "npm-$version" "npm@$version"
done

linked() { # VERSION NAME FIELDS: whether man(1) would find the page
  npm="node $dir/npm-$1/node_modules/npm/bin/npm-cli.js --silent"
  mkdir -p "$1/$2/man"
  cd "$1/$2"
  echo "{\"name\": \"$2\", \"version\": \"1.0.0\", \"man\": [\"man/$2.1\"]$3}" >package.json
  echo '#!/usr/bin/env node' >run.js
  printf '.TH %s 1\n.SH NAME\n%s \\- a page\n' "$2" "$2" >"man/$2.1"
  $npm pack >/dev/null
  $npm install --global --prefix "$PWD/prefix" "./$2-1.0.0.tgz" >/dev/null
  [ -f "prefix/lib/node_modules/$2/man/$2.1" ]
  if [ -e "prefix/share/man/man1/$2.1" ]; then echo linked; else echo 'not linked'; fi
}

answer=$(
  for version in 11.21.2 12.2.2; do
    echo "npm $version, with a bin: $(linked $version command ', "bin": "run.js"')"
    echo "npm $version, without: $(linked $version library '')"
  done
)
echo "$answer"
[ "$answer" = 'npm 11.21.2, with a bin: linked
npm 11.21.2, without: not linked
npm 12.2.2, with a bin: not linked
npm 12.2.2, without: not linked' ]
