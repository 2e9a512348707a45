#!/bin/sh
# Installs the Debian packages that the tests need, and says so; quick when all
# is there. Needs root only if something is missing.
set -eu

# package:what it brings
needed='
fuse3:fusermount3
libfuse2:
tree:tree
iproute2:ip
util-linux:setpriv
procps:ps
systemd:systemctl
python3:python3
busybox-static:busybox
docker.io:dockerd
rsync:rsync
cpio:cpio
openssl:openssl
curl:curl
shellcheck:shellcheck
gcc:cc
zsh:zsh
fish:fish
mandoc:mandoc
groff-base:groff
man-db:lexgrog
python3-configobj:
python3-jinja2:
python3-jsonpatch:
python3-jsonschema:
python3-netifaces:
python3-oauthlib:
python3-requests:
python3-serial:
python3-yaml:
musl:
musl-tools:musl-gcc
bind9-dnsutils:dig
knot-dnsutils:kdig
dnsperf:dnsperf
nsd:
mariadb-server:
toybox:toybox
socat:socat
jq:jq
git:git
less:less
ed:ed
vim-tiny:vi
zip:zip
bzip2:bzip2
xz-utils:xz
xxd:xxd
bc:bc
make:make
lsof:lsof
psmisc:fuser
strace:strace
sqlite3:sqlite3
stress-ng:stress-ng
fio:fio
'
# Those that are servers, and what would start them.
servers='
docker.io:docker.service
docker.io:docker.socket
docker.io:containerd.service
nsd:nsd.service
mariadb-server:mariadb.service
mariadb-server:mariadb.socket
'
# The packages' addons are compiled for the other architecture as well.
case $(dpkg --print-architecture) in
  arm64) needed="$needed gcc-x86-64-linux-gnu:x86_64-linux-gnu-gcc libc6-dev-amd64-cross:" ;;
  *) needed="$needed gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc libc6-dev-arm64-cross:" ;;
esac

missing=
for entry in $needed; do
  package=${entry%%:*}
  command=${entry#*:}
  if [ -n "$command" ]; then
    command -v "$command" >/dev/null 2>&1 || missing="$missing $package"
  else
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
  fi
done

if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "provision: missing:$missing; install them: apt-get install$missing" >&2
    exit 1
  fi
  echo "provision: installing$missing"
  # No server is to run here, neither now nor after a boot: the tests start their own. A package asks
  # this program before it starts one (invoke-rc.d(8), deb-systemd-invoke(1p)).
  policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    policy=
  else
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  for entry in $servers; do
    case "$missing " in
      *" ${entry%%:*} "*) systemctl --quiet disable "${entry#*:}" ;;
    esac
  done
  [ -z "$policy" ] || rm -f "$policy"
  trap - EXIT INT TERM HUP
fi

# Unpacked only, since it would set this machine up anew at its next boot; the packages of Python above are
# those that it needs.
cloud_init=$(dirname "$0")/../node_modules/.cache/cloud-init
if [ ! -d "$cloud_init" ]; then
  echo 'provision: unpacking cloud-init'
  download=$(mktemp -d)
  trap 'rm -rf "$download"' EXIT
  # The user _apt, by whom it is fetched, may write here.
  chmod 777 "$download"
  fetch() { (cd "$download" && apt-get download -qq cloud-init >/dev/null); }
  fetch || { apt-get update -qq && fetch; }
  mkdir -p "${cloud_init%/*}"
  dpkg -x "$download"/cloud-init_*.deb "$download/unpacked"
  mv "$download/unpacked" "$cloud_init"
fi

# The other host of the mount. npm ci leaves it out: its script compiles where libfuse2 is not there yet.
root=$(dirname "$0")/..
if [ ! -d "$root/node_modules/fuse-native" ]; then
  echo 'provision: installing fuse-native'
  version=$(cd "$root" && node -p 'require("./package.json").peerDependencies["fuse-native"]')
  # As if it were for development: one of an optional peer dependency npm would not install.
  (cd "$root" && npm install --silent --no-save --save-dev --ignore-scripts "fuse-native@$version")
fi

if [ ! -e /dev/fuse ]; then
  echo 'provision: there is no /dev/fuse; the tests mount for real and need it' >&2
  exit 1
fi
if [ "$(id -u)" = 0 ] && [ "$(stat -c %a /dev/fuse)" = 600 ]; then
  # As the package's udev rule does, where udev runs: users may mount, too.
  echo 'provision: chmod 666 /dev/fuse'
  chmod 666 /dev/fuse
fi
echo 'provision: all that the tests need is there'
