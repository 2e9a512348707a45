import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Cluster } from '../host/cluster.js';
import { compile } from './compile.js';
import { Document } from './documents.js';
import { follow } from './follow.js';
import { Host } from './host.js';

const ROOT = join(import.meta.dirname, '../../..');
const DOCUMENTS = Document.all();

/** The blocks of `text`, by how they begin, and why no test runs them. */
const NOT_RUN = [
  {
    document: 'docs/benchmarks.md',
    begins: 'npm run bench ',
    why: 'it takes minutes, and wants a machine that does nothing else',
  },
  {
    document: 'docs/benchmarks.md',
    begins: 'git worktree add ',
    why: 'it builds another version, and measures for minutes',
  },
  {
    document: 'CONTRIBUTING.md',
    begins: 'npm ci ',
    why: 'it runs this test',
  },
  {
    document: 'README.md',
    begins: 'npm ci && npm run demo',
    why: 'it runs this test; test/examples/boot-cluster.test.ts runs the demo',
  },
  {
    document: 'docs/library.md',
    begins: 'npm install ./circuitfs',
    why: 'test/host/package.test.ts does it; this test makes a link by itself',
  },
  {
    document: 'docs/files.md',
    begins: '$ cd /circuit/.self; mkdir one two',
    why: 'its hosts have no engine; test/examples/mysql-nodejs.test.ts runs it on one that has',
  },
  {
    document: 'docs/library.md',
    begins: 'host1# node container.js',
    why: 'its hosts have no engine; test/examples/mysql-nodejs.test.ts runs it on one that has',
  },
  {
    document: 'README.md',
    begins: 'apt-get install gcc libc6-dev gcc-aarch64-linux-gnu',
    why: 'test/host/package.test.ts makes the package, and installs it in a folder of its own',
  },
  {
    document: 'docs/operating.md',
    begins: 'npm ci ',
    why: 'test/host/package.test.ts makes the package, and installs it in a folder of its own',
  },
  {
    document: 'docs/operating.md',
    begins: 'umask 022; mkdir -p /usr/local/lib/circuitfs',
    why: 'test/host/package.test.ts runs it in a folder of its own',
  },
  {
    document: 'docs/operating.md',
    begins: '/var/circuit/log {',
    why: 'logrotate is configured so, and need not be here',
  },
  {
    document: 'docs/operating.md',
    begins: 'cp examples/systemd/circuit.service ',
    why: 'its hosts have no systemd; test/examples/systemd.test.ts runs it on one that has',
  },
  {
    document: 'docs/operating.md',
    begins: '_circuit._tcp.',
    why: 'lines of a zone; test/host/seven.test.ts has a name server with such records',
  },
  {
    document: 'docs/operating.md',
    begins: '[Resolve]\nDNS=',
    why: 'its hosts have no systemd-resolved',
  },
  {
    document: 'docs/operating.md',
    begins: 'server:\n  domain-insecure:',
    why: 'its hosts have no unbound',
  },
  {
    document: 'docs/operating.md',
    begins: 'server=/circuit.internal/',
    why: 'its hosts have no dnsmasq',
  },
  {
    document: 'docs/operating.md',
    begins: 'apt-get install libfuse2 ',
    why: 'it installs for the whole host; test/provision.sh has done both',
  },
  {
    document: 'docs/operating.md',
    begins: 'docker run ',
    why: 'Docker need not be here',
  },
  {
    document: 'docs/operating.md',
    begins: '2030-',
    why: 'a line of a log; test/host/peer-costs.test.ts has daemons write such lines',
  },
  {
    document: 'docs/security.md',
    begins: '2030-',
    why: 'lines of a log, a minute apart; test/src/transport/refusal-log.test.ts has them written',
  },
  {
    document: 'docs/tutorial.md',
    begins: 'image=',
    why: 'its hosts have no engine; test/examples/mysql-nodejs.test.ts runs it on one that has',
  },
];

for (const document of DOCUMENTS.filter(({ session }) => session.length > 0)) {
  // One after the other: daemons that start at once make each other late.
  test.serial(`every command line of ${document.path} prints what stands there`, async (t) => {
    const cluster = new Cluster(t);
    const hosts = await Host.some(cluster, document.hosts);
    const [first] = hosts;
    if (first && document.programs.size > 0) {
      await compile(cluster, first.home, document.programs);
    }
    await follow(t, hosts, document.session);
  });
}

test('a command line that the page for users of the Go circuit mentions is one of those that are run', (t) => {
  const page = new Document('docs/from-go-circuit.md');
  for (const [, mentioned = ''] of page.prose.matchAll(/`(circuit [^`\n]*)`/g)) {
    t.true(
      page.session.some(({ command }) => command.includes(mentioned)),
      mentioned,
    );
  }
  t.true(page.session.length > 30);
});

test('every program in the documents has a name, and is run by a command line beside it', (t) => {
  for (const document of DOCUMENTS) {
    const typed = [...document.session.map(({ command }) => command), ...document.of('text')];
    for (const name of document.programs.keys()) {
      const run = `node ${name.replace(/ts$/, 'js')}`;
      t.true(name !== '' && typed.some((each) => each.includes(run)), `${document.path}: ${name}`);
    }
  }
});

test('a block in a document is run, or a picture, or listed here with the reason why it is not run', (t) => {
  for (const { path, blocks, text, prose } of DOCUMENTS) {
    for (const block of blocks) {
      const listed = NOT_RUN.some(
        ({ document, begins }) => document === path && block.text.startsWith(begins),
      );
      const run = ['console', 'ts', 'mermaid'].includes(block.language);
      t.true(run || (block.language === 'text' && listed), `${path}:\n${block.text}`);
    }
    t.is(text.match(/^ *(```|~~~)/gm)?.length ?? 0, 2 * blocks.length, `${path}: a fence`);
    t.false(/\n\n(?: {4}|\t)/.test(prose), `${path}: an indented block is no fenced one`);
  }
  for (const { document, begins } of NOT_RUN) {
    const found = DOCUMENTS.find(({ path }) => path === document);
    t.true(
      found?.of('text').some((text) => text.startsWith(begins)),
      `${document}: ${begins}`,
    );
  }
});

test('every link in a document leads somewhere, and every document is reached from README.md', (t) => {
  const byPath = new Map(DOCUMENTS.map((document) => [document.path, document]));
  const reached = new Set(['README.md']);
  for (const path of reached) {
    for (const link of byPath.get(path)?.links ?? []) {
      const [file = '', section] = link.split('#');
      t.true(existsSync(join(ROOT, file)), `${path}: ${link}`);
      if (section !== undefined)
        t.true(byPath.get(file)?.sections.includes(section), `${path}: ${link}`);
      reached.add(file);
    }
  }
  t.deepEqual(
    [...byPath.keys()].filter((path) => !reached.has(path)),
    [],
  );
});

test('a path of the sources in a document is that of a file, except in decisions, which tell of their day', (t) => {
  for (const { path, prose } of DOCUMENTS.filter((each) => !each.path.includes('/decisions/'))) {
    for (const [, named = ''] of prose.matchAll(/`((?:src|test|native|mount)\/[^`\s<*…]*)`/g)) {
      t.true(existsSync(join(ROOT, named)), `${path}: ${named}`);
    }
  }
});

test('a decision tells of each dependency what it is for', (t) => {
  const decisions = DOCUMENTS.filter(({ path }) => path.includes('/decisions/'));
  const told = decisions.map(({ text }) => text.toLowerCase()).join('\n');
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of Object.keys(devDependencies)) {
    if (!name.startsWith('@types/')) t.true(told.includes(name.replace(/^@.*\//, '')), name);
  }
});
