import { availableParallelism } from 'node:os';

/**
 * The files that take longest, most of it waiting for hosts to be taken for failed or for connections that
 * nobody uses to close. They begin first, so that the others use the processors meanwhile, and none of them
 * is left over in the end.
 */
const FIRST = [
  'host/churn',
  'host/failures',
  'host/gigabyte',
  'host/split',
  'host/namesake',
  'host/streams',
  'host/stopped-writers',
];

/** The place of a file in the order; all that are not among the first share the last. */
function rank(file) {
  const found = FIRST.findIndex((name) => file.endsWith(`/${name}.test.js`));
  return found === -1 ? FIRST.length : found;
}

export default {
  files: ['dist/test/**/*.test.js'],
  workerThreads: false,
  timeout: '4m',
  // Tests wait for a quarter of their time.
  concurrency: availableParallelism() + 1,
  sortTestFiles: (a, b) => rank(a) - rank(b) || a.localeCompare(b),
};
