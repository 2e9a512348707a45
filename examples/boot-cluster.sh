#!/bin/sh
# Boots a circuit of three daemons, as on three hosts, and takes it down again.
#
# On real hosts the lines are the same: each host runs its own `circuit start`,
# listens on its own address, and mounts the network on /circuit.
#
#   npm run demo               # or: sh examples/boot-cluster.sh
set -eu
# An address lets its holder command the network: nobody else may read the files.
umask 077

program=$(dirname "$0")/../dist/bin/circuit.cjs
circuit() { node "$program" "$@"; }
# However this script ends, killed too, its daemons are told to end: PR_SET_PDEATHSIG of prctl(2).
daemon() { exec setpriv --pdeathsig TERM node "$program" start "$@"; }
say() { printf '\n# %s\n' "$*"; }
run() { printf '$ %s\n' "$*" | sed "s#$dir#…#g; s#/Q[0-9a-f]*#/Q…#g"; "$@"; }

dir=$(mktemp -d)
pids=
finish() {
  trap '' INT TERM HUP PIPE
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP PIPE

say 'Start a daemon on each host. It prints its address, and logs on standard error.'
for host in host1 host2 host3; do
  mkdir -p "$dir/$host/circuit"
  echo "$host\$ circuit start -a 127.0.0.1:0 -m …/$host/circuit > address 2>> log &"
  daemon -a 127.0.0.1:0 -m "$dir/$host/circuit" \
    >"$dir/$host/address" 2>>"$dir/$host/log" &
  pids="$pids $!"
done
for host in host1 host2 host3; do
  # The address is there when the daemon listens and has mounted.
  tries=0
  until [ -s "$dir/$host/address" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 200 ]; then
      echo "$host did not start:" >&2
      cat "$dir/$host/log" >&2
      exit 1
    fi
    sleep 0.05
  done
done

say 'Each daemon is a network of one: its mount shows one member.'
for host in host1 host2 host3; do run ls "$dir/$host/circuit"; done

say 'Every member is a directory of control files.'
run ls "$dir/host1/circuit/.self/"
run cat "$dir/host1/circuit/.self/help"

say 'Join: write the addresses of the other two into the file join.'
H2=$(cat "$dir/host2/address")
H3=$(cat "$dir/host3/address")
echo "\$ echo \"\$H2 \$H3\" > …/host1/circuit/.self/join"
echo "$H2 $H3" >"$dir/host1/circuit/.self/join"

# host1 knows both when the write returns; they hear of each other in a moment.
for host in host2 host3; do
  until [ "$(ls "$dir/$host/circuit" | wc -l)" = 3 ]; do sleep 0.1; done
done

say 'Now the same three members are seen from every host, in the mount …'
for host in host1 host2 host3; do run ls "$dir/$host/circuit"; done

say '… and by the command.'
run circuit ls -d "$H2" /

say 'Make an anchor on host1, and see it from host3.'
member=$(readlink "$dir/host1/circuit/.self")
run mkdir -p "$dir/host1/circuit/$member/build/logs"
run ls "$dir/host3/circuit/$member/build"

say 'What host1 has logged.'
run cat "$dir/host3/circuit/$member/log"

say 'Take it down: the daemons unmount and end.'
for host in host1 host2 host3; do
  echo "\$ echo > …/$host/circuit/.self/shutdown"
  echo >"$dir/$host/circuit/.self/shutdown"
done
wait
for host in host1 host2 host3; do
  ! grep -q " $dir/$host/circuit " /proc/self/mountinfo || { echo "$host is still mounted" >&2; exit 1; }
done
pids=
echo done
