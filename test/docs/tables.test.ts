import test from 'ava';
import { DOCUMENTS, pagesOfPackage, rendered } from './tables.js';

for (const path of DOCUMENTS) {
  test(`the tables of ${path} are those of the kinds`, (t) => {
    const { now, wanted } = rendered(path);
    t.regex(now, /<!-- end -->/);
    t.is(now, wanted, 'npm run tables writes them');
  });
}

test('package.json lists the pages of the manual', (t) => {
  const { now, wanted } = pagesOfPackage();
  t.is(now, wanted, 'npm run tables writes them');
});
