#!/bin/sh
# Writes an image with this machine's MariaDB, as `docker import` takes it: mariadb-image.sh DIRECTORY > TAR
#
# It takes those variables of MariaDB's own image that the tutorial gives it. DIRECTORY is empty, and is
# left so that others may remove it.
set -eu
root=$1
umask 022
chmod 755 "$root"
mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/run" "$root/var/lib"
chmod 1777 "$root/tmp"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh cat; do ln -s busybox "$root/bin/$applet"; done
grep -E '^(root|mysql):' /etc/passwd >"$root/etc/passwd"
grep -E '^(root|mysql):' /etc/group >"$root/etc/group"
# A library is named as its path, or after `=>`.
for file in /usr/sbin/mariadbd $(ldd /usr/sbin/mariadbd | grep -o '/[^ ]*') \
  /usr/share/mysql/english/errmsg.sys; do
  mkdir -p "$root${file%/*}"
  cp -L "$file" "$root$file"
done
# A new volume begins with what the image has in its place.
install -d -o mysql -g mysql "$root/var/lib/mysql"
# In the image's own /tmp: a server that starts removes the temporary tables that it finds.
TMPDIR=$root/tmp mariadb-install-db --no-defaults --user=mysql --datadir="$root/var/lib/mysql" --skip-test-db \
  --innodb-log-file-size=4M >&2
cat >"$root/entry.sh" <<'SCRIPT'
set -eu
cat >/run/init.sql <<SQL
CREATE DATABASE IF NOT EXISTS $MARIADB_DATABASE;
CREATE OR REPLACE USER $MARIADB_USER IDENTIFIED BY '$MARIADB_PASSWORD';
GRANT ALL ON $MARIADB_DATABASE.* TO $MARIADB_USER;
SQL
exec /usr/sbin/mariadbd --no-defaults --user=mysql --datadir=/var/lib/mysql --init-file=/run/init.sql \
  --socket=/tmp/socket --pid-file=/tmp/pid --bind-address=0.0.0.0 --skip-name-resolve \
  --innodb-buffer-pool-size=16M --innodb-log-file-size=4M
SCRIPT
tar -C "$root" -c .
