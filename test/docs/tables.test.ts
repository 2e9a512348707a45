import test from 'ava';
import { DOCUMENTS, rendered } from './tables.js';

for (const path of DOCUMENTS) {
  test(`the tables of ${path} are those of the kinds`, (t) => {
    const { now, wanted } = rendered(path);
    t.regex(now, /<!-- end -->/);
    t.is(now, wanted, 'npm run tables writes them');
  });
}
