#!/bin/sh
# Becomes systemd, on a host of its own: systemd.sh ROOT VAR CGROUP REPOSITORY NODE
#
# It is run as the first process of new mount, PID, UTS and IPC namespaces (test/examples/systemd.ts).
# ROOT is an empty directory, which becomes the root of a file system with this machine's /usr,
# read-only, and hardly more: this machine's services are not there, nor its settings. VAR becomes
# /var, and outlives the host. CGROUP is a control group that becomes the host's root.
set -eu
root=$1 var=$2 cgroup=$3 repository=$4 node=$5

# The units of systemd's own that a boot to multi-user.target takes.
UNITS='basic.target emergency.target final.target multi-user.target network-online.target
  nss-lookup.target poweroff.target rescue.target shutdown.target sysinit.target umount.target
  systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket
  systemd-poweroff.service'

# Only now: what has started us stays in the control group in which it was.
if [ "${ENTERED-}" = '' ]; then
  echo 0 >"$cgroup/cgroup.procs"
  ENTERED=yes exec unshare --cgroup sh "$0" "$@"
fi
unset ENTERED
hostname circuit-host

mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir -p dev etc/systemd/system etc/default opt/circuit proc root run sys tmp usr var
mount --rbind /usr usr
mount -o remount,bind,ro usr
for entry in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$entry" ]; then cp -P "/$entry" "$entry"; fi
done
# A command that is installed here has to come from the repository.
mount -t tmpfs -o mode=755 tmpfs usr/local/bin
mount --bind "$repository" opt/circuit
mount -o remount,bind,ro opt/circuit
touch opt/node
mount --bind "$node" opt/node
ln -s /opt/node usr/local/bin/node
ln -s /opt/circuit/dist/bin/circuit.cjs usr/local/bin/circuit
mount --bind "$var" var

mount -t proc proc proc
# The kernel's settings are the machine's; systemd would change some.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty fuse; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp

for file in passwd group nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d alternatives; do
  if [ -e "/etc/$file" ]; then cp -a "/etc/$file" etc/; fi
done
echo 0123456789abcdef0123456789abcdef >etc/machine-id
for unit in $UNITS; do cp "/lib/systemd/system/$unit" etc/systemd/system/; done
mkdir etc/systemd/system/sysinit.target.wants etc/systemd/system/multi-user.target.wants
ln -s ../systemd-journald.service etc/systemd/system/sysinit.target.wants/
cp "$repository/examples/systemd/circuit.service" etc/systemd/system/
ln -s ../circuit.service etc/systemd/system/multi-user.target.wants/
cp "$var/options" etc/default/circuit

mkdir run/outside
pivot_root . run/outside
umount -l run/outside
rmdir run/outside
# Only these units are found, and nothing generates others.
exec env -i container=other PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  SYSTEMD_UNIT_PATH=/etc/systemd/system SYSTEMD_GENERATOR_PATH=/nothing SYSTEMD_LOG_TARGET=console \
  /lib/systemd/systemd --system --unit=multi-user.target --show-status=no </dev/null
