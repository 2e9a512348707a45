#!/bin/sh
# Becomes a shell on a host of its own: host.sh ROOT NAME HOME
#
# It is run in new mount, network and UTS namespaces (test/docs/host.ts). ROOT is an empty directory,
# which becomes the root of a file system that shows this machine's, but has an own /circuit,
# /etc, /run/circuit, /srv and /var/circuit. So the commands of the documents run as they stand there, on any
# number of hosts, and the machine that the tests run on is left as it is.
set -eu
root=$1 name=$2 home=$3
hostname "$name"
mount -t tmpfs -o mode=755 tmpfs "$root"
# Else the root would be shown in itself, below /tmp.
mount --make-unbindable "$root"

# Shows the entries of a directory in the new root, but for some that it names.
show() {
  directory=$1 hidden=" $2 "
  mkdir -p "$root$directory"
  for entry in "$directory"/* "$directory"/.[!.]*; do
    case $hidden in *" ${entry##*/} "*) continue ;; esac
    if [ -L "$entry" ]; then
      cp -P "$entry" "$root$entry"
    elif [ -d "$entry" ]; then
      mkdir "$root$entry"
      mount --rbind "$entry" "$root$entry"
    fi
  done
}

show '' 'circuit etc run srv var'
show /run circuit
mkdir "$root/srv"
show /var circuit
cp -a /etc "$root/etc"
rm -rf "$root/etc/circuit.key"
# The hosts know each other by name (test/host/lan.ts), and no name server.
rm -f "$root/etc/resolv.conf"
for number in 1 2 3 4 5 6 7 8 9; do echo "10.98.0.$number host$number"; done >> "$root/etc/hosts"
export HOME="$home"

# A command ends with a NUL, and so does what it prints.
exec chroot "$root" bash -c '
  exec 3<&0 </dev/null 2>&1
  cd
  while IFS= read -rd "" -u 3 command; do
    eval "$command" 3<&-
    printf "\0"
  done'
