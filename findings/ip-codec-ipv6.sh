#!/bin/sh
# @leichtgewicht/ip-codec 2.0.5, with which dns-packet 5.6.1 encodes AAAA records: a valid IPv6 address that
# begins with `::` for one group of zeros becomes another address, without an error. Its decoder shortens the
# first run of zeros instead of the longest (RFC 5952, section 4.2.3), which is valid, but not the text that
# others have for the address.
#
# dns-packet alone: a label of 64 bytes is encoded too, and its length byte then is one that no decoder
# takes, dns-packet's own neither.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund dns-packet@5.6.1 @leichtgewicht/ip-codec@2.0.5
cat >try.cjs <<'END'
const { aaaa, name } = require('dns-packet');
const { isIPv6 } = require('node:net');
const there = (text) => aaaa.decode(aaaa.encode(text));
for (const text of ['2001:db8::1', '::2:3:4:5:6:7:8', '1:0:0:2:0:0:0:3']) {
  console.log(`${isIPv6(text)} ${text} -> ${there(text)}`);
}
const wire = name.encode(`${'x'.repeat(64)}.test`);
try {
  console.log(name.decode(wire));
} catch (error) {
  console.log(`length ${wire[0]}: ${error.message}`);
}
END
answer=$(node try.cjs)
wanted='true 2001:db8::1 -> 2001:db8::1
true ::2:3:4:5:6:7:8 -> ::2:3:4:5:6:7
true 1:0:0:2:0:0:0:3 -> 1::2:0:0:0:3
length 64: Cannot decode name (bad label)'
printf '%s\n' "$answer"
[ "$answer" = "$wanted" ]
