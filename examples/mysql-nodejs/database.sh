#!/bin/sh
# Becomes a MariaDB server whose data is in FOLDER, which is made the first time.
#
#   PASSWORD=… sh database.sh FOLDER ADDRESS
#
# listens on ADDRESS for the user `tutorial`, who has this password and the database `tutorial`.
# MariaDB's root is let in by the socket alone, and only as the user `mysql` or root of this host.
set -eu
folder=$1 address=$2
# A server that starts removes the temporary tables of another that has the same TMPDIR.
export TMPDIR="$folder/tmp"
install -d -o mysql -g mysql -m 700 "$folder" "$TMPDIR"
if [ ! -d "$folder/data" ]; then
  # What an earlier start has left half made is of no use.
  rm -rf "$folder/new"
  mariadb-install-db --no-defaults --user=mysql --datadir="$folder/new" --skip-test-db \
    --innodb-log-file-size=4M >&2
  mv "$folder/new" "$folder/data"
fi
# In a string of SQL a backslash goes before quotes, and before itself.
quoted=$(printf '%s' "$PASSWORD" | sed "s/['\\\\]/\\\\&/g")
# It holds the password, which arguments would show to everybody.
install -o mysql -g mysql -m 600 /dev/stdin "$folder/init.sql" <<SQL
CREATE DATABASE IF NOT EXISTS tutorial;
CREATE OR REPLACE USER tutorial IDENTIFIED BY '$quoted';
GRANT ALL ON tutorial.* TO tutorial;
SQL
unset PASSWORD quoted
# A server that outlived its daemon would keep the data from the next one. The daemon holds our standard
# input, which ends when the daemon is killed.
exec 3<&0
{ cat <&3 && kill $$; } >/dev/null 2>&1 &
exec mariadbd --no-defaults --user=mysql --datadir="$folder/data" --init-file="$folder/init.sql" \
  --socket="$folder/socket" --pid-file="$folder/pid" --bind-address="$address" --skip-name-resolve \
  --innodb-buffer-pool-size=16M --innodb-log-file-size=4M 3<&-
