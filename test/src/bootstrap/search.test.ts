import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { CircuitError, errorMessage } from '../../../src/base/error.js';
import { type Candidate, type Place, pauseAfter, Search } from '../../../src/bootstrap/search.js';
import { newRecord, StubMembership } from './stub-membership.js';

/** A place whose daemons, and what becomes of a try, the test decides. */
class TestPlace implements Place {
  readonly begin = 'looking';
  givenUp: string | undefined;
  /** When each candidate was tried, in milliseconds. */
  readonly tries: [name: string, at: number][] = [];
  answer: (name: string, signal: AbortSignal) => Promise<string | undefined> = async (name) => {
    throw new CircuitError('ECONNREFUSED', `nobody listens on ${name}`);
  };

  constructor(public names: readonly string[]) {}

  async find(): Promise<readonly Candidate[]> {
    return this.names.map((authority) => ({
      authority,
      join: (signal) => {
        this.tries.push([authority, performance.now()]);
        return this.answer(authority, signal);
      },
    }));
  }

  failed(why: unknown): string {
    return `not yet: ${errorMessage(why)}`;
  }
}

/** Searches on a clock that moves when the test says so, with the longest of the random pauses. */
function searching(t: ExecutionContext, ...places: readonly TestPlace[]) {
  let now = 0;
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(performance, 'now', () => now);
  mock.method(Math, 'random', () => 1);
  const membership = new StubMembership();
  const lines: string[] = [];
  const search = new Search({ membership, log: (line) => lines.push(line) });
  for (const place of places) search.add(place);
  t.teardown(() => {
    search.end();
    mock.reset();
  });
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  };
  const pass = async (seconds: number) => {
    for (let left = seconds * 10; left > 0; left -= 1) {
      now += 100;
      mock.timers.tick(100);
      await settle();
    }
  };
  return { search, membership, lines, settle, pass };
}

test('the pause is an eighth of the time that has passed, from half a second to half a minute, less up to its half', (t) => {
  for (const [seconds, longest] of [
    [0, 500],
    [10, 1_250],
    [1_000, 30_000],
  ] as const) {
    const pauses = Array.from({ length: 1_000 }, () => pauseAfter(seconds * 1_000));
    t.true(Math.max(...pauses) <= longest && Math.max(...pauses) > 0.95 * longest);
    t.true(Math.min(...pauses) >= longest / 2 && Math.min(...pauses) < 0.55 * longest);
  }
});

test.serial(
  'one that is alone tries all, again and again, ever more rarely, and says each reason once',
  async (t) => {
    const place = new TestPlace(['a:1', 'b:1']);
    const { search, lines, pass } = searching(t, place);
    search.begin();
    await pass(600);
    const times = place.tries.filter(([name]) => name === 'a:1').map(([, at]) => at);
    t.is(place.tries.length, 2 * times.length);
    const pauses = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    t.true(pauses.every((pause, i) => pause <= Math.max(600, (times[i] ?? 0) / 8 + 100)));
    t.is(Math.max(...pauses), 30_000);
    t.deepEqual(lines, [
      'looking',
      'not yet: nobody listens on a:1; trying again from time to time',
    ]);
    place.answer = async () => {
      throw new CircuitError('EACCES', 'another key');
    };
    await pass(60);
    t.is(lines.length, 3);
  },
);

test.serial(
  'all candidates are tried also when the first has answered, each until it is met',
  async (t) => {
    const place = new TestPlace(['a:1', 'b:1', 'c:1']);
    const { search, membership, lines, pass } = searching(t, place);
    place.answer = async (name) => {
      if (name === 'c:1') throw new CircuitError('EAGAIN', 'too many');
      if (name === 'a:1') membership.come(newRecord());
      return name === 'a:1' ? 'joined a' : undefined;
    };
    search.begin();
    await pass(2);
    const tried = (name: string) => place.tries.filter(([each]) => each === name).length;
    t.deepEqual([tried('a:1'), tried('b:1')], [1, 1]);
    t.true(tried('c:1') > 2);
    t.deepEqual(lines.slice(1), ['joined a', 'not yet: too many; trying again from time to time']);
    place.answer = async () => undefined;
    await pass(10);
    const { length } = place.tries;
    await pass(1_000);
    t.is(place.tries.length, length, 'all have been met');
  },
);

test.serial('a member is not tried, however it became one', async (t) => {
  const record = newRecord();
  const authority = record.addr.split('/')[2] ?? '';
  const place = new TestPlace([authority]);
  const { search, membership, pass } = searching(t, place);
  membership.come(record);
  search.begin();
  await pass(100);
  t.deepEqual(place.tries, []);
});

test.serial(
  'a candidate that is silent holds up no other, and is not tried twice at once',
  async (t) => {
    const place = new TestPlace(['mute:1', 'b:1']);
    const { search, pass } = searching(t, place);
    const { answer } = place;
    place.answer = async (name, signal) =>
      name === 'mute:1' ? await new Promise(() => {}) : await answer(name, signal);
    search.begin();
    await pass(5);
    t.is(place.tries.filter(([name]) => name === 'mute:1').length, 1);
    t.true(place.tries.length > 5);
  },
);

test.serial('one that is alone and finds only itself goes on looking', async (t) => {
  const place = new TestPlace(['self:1']);
  const { search, lines, pass } = searching(t, place);
  place.answer = async () => undefined;
  search.begin();
  await pass(10);
  t.true(place.tries.length > 5);
  t.deepEqual(lines, ['looking']);
});

test.serial('one that becomes alone again begins anew, with short pauses', async (t) => {
  const place = new TestPlace(['a:1']);
  const { search, membership, lines, pass } = searching(t, place);
  const record = newRecord();
  place.answer = async () => {
    membership.come(record);
    return 'joined a';
  };
  search.begin();
  await pass(1_000);
  t.is(place.tries.length, 1);
  membership.go(record, 'failed');
  await pass(1);
  t.is(place.tries.length, 2);
  t.deepEqual(lines, ['looking', 'joined a', 'looking', 'joined a']);
});

test.serial(
  'the report tells for how long others are looked for, and each reason until it is mended',
  async (t) => {
    const record = newRecord();
    const authority = record.addr.split('/')[2] ?? '';
    const places = [new TestPlace(['a:1', 'b:1', authority]), new TestPlace([])] as const;
    const { search, membership, settle, pass } = searching(t, ...places);
    t.deepEqual(search.report, { seconds: 0, failures: [] });
    search.begin();
    await pass(10);
    t.deepEqual(search.report, { seconds: 10, failures: ['not yet: nobody listens on a:1'] });
    const [place, other] = places;
    place.answer = async (name) => {
      if (name === 'b:1') return undefined;
      throw new CircuitError('EACCES', `${name} has another key`);
    };
    await pass(10);
    t.deepEqual(search.report.failures, ['not yet: a:1 has another key']);
    place.names = ['b:1', authority];
    await pass(10);
    t.deepEqual(search.report.failures, [`not yet: ${authority} has another key`]);
    membership.come(record);
    t.deepEqual(search.report.failures, [], 'it became a member otherwise');
    other.givenUp = 'all have ended';
    t.deepEqual(search.report.failures, ['all have ended']);
    membership.go(record, 'failed');
    await pass(1);
    t.deepEqual(search.report, {
      seconds: 0.9,
      failures: [`not yet: ${authority} has another key`, 'all have ended'],
    });
    search.end();
    await settle();
    t.deepEqual(search.report, { seconds: 0, failures: [] });
  },
);

test.serial(
  'a search that ends interrupts what is under way, and begins nothing more',
  async (t) => {
    const place = new TestPlace(['a:1']);
    const { search, lines, settle, pass } = searching(t, place);
    let interrupted = 0;
    place.answer = (_name, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          interrupted += 1;
          reject(new CircuitError('EINTR', 'interrupted'));
        });
      });
    search.begin();
    await settle();
    search.end();
    await pass(100);
    t.deepEqual([interrupted, place.tries.length, lines], [1, 1, ['looking']]);
  },
);
