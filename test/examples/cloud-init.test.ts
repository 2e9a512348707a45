import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { program } from '../host/channels.js';
import { Cluster, type Result } from '../host/cluster.js';
import { EXAMPLES } from './circuit.js';

const USER_DATA = join(EXAMPLES, 'cloud-init.yaml');
/** Unpacked by test/provision.sh. */
const CLOUD_INIT = join(
  EXAMPLES,
  '../node_modules/.cache/cloud-init/usr/lib/python3/dist-packages',
);
/** Debian's, which has the packages that cloud-init needs. */
const PYTHON = '/usr/bin/python3';

/** A metadata service as EC2's, or one that answers all requests with one status and text. */
const METADATA = `
import http.server, sys
mode, text = sys.argv[1], sys.argv[2]
class Metadata(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
    def do_PUT(self):
        lives = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
        if mode == "all": self.answer(int(sys.argv[3]), text)
        elif self.path == "/latest/api/token" and lives: self.answer(200, "a-token")
        else: self.answer(400, "")
    def do_GET(self):
        knows = self.headers.get("X-aws-ec2-metadata-token") == "a-token"
        if mode == "all": self.answer(int(sys.argv[3]), text)
        elif not knows: self.answer(401, "")
        elif self.path == "/latest/meta-data/local-ipv4": self.answer(200, text)
        else: self.answer(404, "")
    def log_message(self, *_): pass
server = http.server.HTTPServer(("169.254.169.254", 80), Metadata)
print("listening", flush=True)
server.serve_forever()
`;

interface CloudConfig {
  readonly write_files: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly content: string;
  }[];
  readonly runcmd: readonly (readonly string[])[];
}

async function userData(cluster: Cluster): Promise<CloudConfig> {
  const script = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))';
  const { stdout, stderr } = await cluster.run([PYTHON, '-c', script, USER_DATA]);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Has cloud-init check user-data. */
function schema(cluster: Cluster, file: string): Promise<Result> {
  const argv = [PYTHON, '-m', 'cloudinit.cmd.main', 'schema', '--config-file', file];
  return cluster.run(argv, { env: { PYTHONPATH: CLOUD_INIT, PYTHONDONTWRITEBYTECODE: '1' } });
}

test('cloud-init accepts the user-data, which has at most 40 lines', async (t) => {
  const cluster = new Cluster(t);
  const { stdout, stderr, status } = await schema(cluster, USER_DATA);
  t.is(status, 0, stdout + stderr);
  t.regex(stdout, /^Valid /);
  const text = readFileSync(USER_DATA, 'utf8');
  t.true(text.split('\n').length - 1 <= 40);
  // It would say so.
  const wrong = join(cluster.directory, 'wrong.yaml');
  writeFileSync(wrong, text.replace('  - path: ', '  - pth: '));
  t.not((await schema(cluster, wrong)).status, 0);
});

/** Runs the user-data as a host does that boots; `answers` are the arguments of the stand-in. */
async function boots(cluster: Cluster, id: string, answers: readonly string[]) {
  const { write_files, runcmd } = await userData(cluster);
  const netns = await cluster.namespace();
  await cluster.sh(`ip -n ${netns} address add 169.254.169.254/32 dev lo`);
  const within = ['nsenter', `--net=/run/netns/${netns}`];
  if (answers.length > 0) {
    const metadata = program(cluster.spawn([...within, PYTHON, '-c', METADATA, ...answers]));
    await metadata.printed('listening\n');
  }
  const home = cluster.mkdir(id);
  const etc = join(home, 'etc');
  const bin = join(home, 'bin');
  for (const directory of [etc, bin]) mkdirSync(directory);
  writeFileSync(join(etc, 'circuit'), 'as it was\n');
  for (const { path, permissions, content } of write_files) {
    const mode = Number.parseInt(permissions, 8);
    writeFileSync(join(bin, path.split('/').at(-1) ?? ''), content, { mode });
  }
  const systemctl = '#!/bin/sh\necho "$*" >> "$HOME/systemctl"\n';
  writeFileSync(join(bin, 'systemctl'), systemctl, { mode: 0o755 });
  writeFileSync(join(home, 'systemctl'), '');
  const [argv = [], ...others] = runcmd;
  const become = 'mount --bind "$HOME/etc" /etc/default && exec "$@"';
  const result = await cluster.run(
    [...within, 'unshare', '--mount', 'sh', '-c', become, 'sh', ...argv],
    { env: { HOME: home, PATH: `${bin}:${process.env.PATH}` } },
  );
  return {
    ...result,
    others,
    files: Object.fromEntries(
      readdirSync(etc).map((name) => [name, readFileSync(join(etc, name), 'utf8')]),
    ),
    systemctl: readFileSync(join(home, 'systemctl'), 'utf8'),
  };
}

test('the user-data asks for the private address with a token, writes the options, and enables the service', async (t) => {
  const { stdout, stderr, status, files, systemctl, others } = await boots(new Cluster(t), 'ec2', [
    'ec2',
    '10.98.7.6',
  ]);
  t.deepEqual([stdout, stderr, status], ['', '', 0]);
  t.deepEqual(Object.keys(files), ['circuit']);
  t.regex(files.circuit ?? '', /^CIRCUIT_OPTIONS="-a 10\.98\.7\.6:11022 .*"\n$/);
  t.is(systemctl, 'enable --now circuit\n');
  t.deepEqual(others, []);
});

test('a metadata service that refuses, or answers with no address, is an error; nothing is written', async (t) => {
  const cluster = new Cluster(t);
  const noToken = /the metadata service gives no token; \/etc\/default\/circuit is not written\n$/;
  const noAddress =
    /the metadata service says '.*', which is not an IPv4 address; .* is not written\n$/s;
  const page = '<html>10.0.0.1\n10.0.0.2';
  for (const [id, answers, sentence] of [
    ['401', ['all', '', '401'], noToken],
    ['404', ['all', 'Not Found', '404'], noToken],
    ['empty', ['all', '', '200'], noAddress],
    ['page', ['all', page, '200'], noAddress],
    ['no-address', ['ec2', ''], noAddress],
  ] as const) {
    const { stdout, stderr, status, files, systemctl } = await boots(cluster, id, answers);
    t.deepEqual([stdout, status, systemctl], ['', 1, ''], id);
    t.regex(stderr, sentence, id);
    t.deepEqual(files, { circuit: 'as it was\n' }, id);
  }
});

test('the script of the user-data is right, says shellcheck', async (t) => {
  const cluster = new Cluster(t);
  for (const { content } of (await userData(cluster)).write_files) {
    const { stdout, stderr } = await cluster.run(['shellcheck', '-'], { input: content });
    t.deepEqual([stdout, stderr], ['', '']);
  }
});
