// Tasks that end in every way a task can end. Plain JavaScript, because the worker process loads them as they are.
const { appendFileSync } = require('node:fs');
const { setInterval, setTimeout } = require('node:timers');
const v8 = require('node:v8');
const vm = require('node:vm');
const { setTimeout: sleep } = require('node:timers/promises');
const { isMainThread, threadId } = require('node:worker_threads');
const { Ignore, Reject, Retry, task, taskContext } = require('../../../lib/workers');

/** Holds its thread for so long. */
function spin(seconds) {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end);
  return seconds;
}
// As a program with many imports.
spin(Number(process.env.TEST_LOAD_SECONDS ?? 0));
// As one that does not load everywhere.
if (process.env.TEST_LOADS_ONLY_ON_LOOP && (!isMainThread || process.send)) throw new Error('not made for threads and children');

/** One line for each run, for tests that count runs: `TEST_LEDGER` names the file. */
function note(text) {
  const { id } = taskContext();
  if (process.env.TEST_LEDGER) appendFileSync(process.env.TEST_LEDGER, `${id} ${text}\n`);
}

class TemporaryError extends Error {
  name = 'TemporaryError';
}
class PermanentError extends TemporaryError {
  name = 'PermanentError';
}

task('test.echo', (value) => value);

task('test.context', { parameters: ['value'] }, () => {
  const { id, task: name, queue, retries, redelivered, failedDeliveries, rootId, parentId, headers } = taskContext();
  return { id, task: name, queue, retries, redelivered, failedDeliveries, rootId, parentId, headers };
});

task('test.sleep', async (seconds) => {
  note('started');
  await sleep(seconds * 1000, undefined, { signal: taskContext().signal });
  note('finished');
  return seconds;
});

task('test.fail', () => {
  note('ran');
  throw new TypeError('no good');
});
task('test.fail-to-dead-letter', { acknowledgeFailure: false }, () => {
  throw new TypeError('no good');
});
task('test.ignore', () => {
  throw new Ignore();
});
task('test.reject', (requeue) => {
  note('ran');
  throw new Reject('not mine', { requeue });
});
task('test.reject-early', { acknowledge: 'early' }, (requeue) => {
  note('ran');
  throw new Reject('not mine', { requeue });
});

task('test.retry-until', (tries, delaySeconds) => {
  note('ran');
  const { retries } = taskContext();
  if (retries + 1 < tries) throw new Retry({ delaySeconds, max: null, cause: new TemporaryError(`try ${retries}`) });
  return retries;
});
task('test.retry-for-ever', { retry: { max: 2, delaySeconds: 0 } }, () => {
  note('ran');
  throw new Retry();
});
task('test.autoretry', { retry: { on: [TemporaryError], except: [PermanentError], max: 2, delaySeconds: 0 } }, (permanent) => {
  note('ran');
  throw permanent ? new PermanentError('for good') : new TemporaryError('for now');
});

task('test.early', { acknowledge: 'early' }, async (seconds) => {
  note('started');
  await sleep(seconds * 1000);
  return seconds;
});

task('test.progress', { trackStarted: true }, async (steps) => {
  for (let step = 1; step <= steps; step++) {
    taskContext().progress({ step, of: steps });
    await sleep(10);
  }
  return steps;
});

task('test.last-words', { trackStarted: true }, (words) => {
  for (let word = 1; word <= words; word++) taskContext().progress({ word });
  return words;
});

task('test.log', () => {
  taskContext().log.info({ colour: 'red' }, 'said by the task');
});

task('test.exit', () => {
  note('ran');
  process.exit(9);
});
task('test.abort', () => {
  note('ran');
  process.abort();
});
task('test.reject-later', () => {
  // Nobody handles this promise.
  void Promise.reject(new Error('forgotten promise'));
  return 'done';
});
task('test.throw-later', async () => {
  setTimeout(() => {
    throw new Error('thrown in a timer');
  }, 1);
  await sleep(60_000);
});

task('test.spin', spin);
task('test.spin-thread', { runIn: 'thread' }, (seconds) => {
  note('started');
  return spin(seconds);
});

// A worker with rpc results refuses tasks that are to be deduplicated.
if (process.env.WARREN_RESULT_BACKEND === 'redis' || process.env.TEST_DEDUPLICATE) {
  task('test.once', { deduplicate: true }, (value) => {
    note('ran');
    return value;
  });
}

/** Bytes the worker's heap holds after a collection. */
task('test.heap', () => {
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
});

/** An error as programs have them: a class of its own, and a cause. */
class OrderError extends Error {}

/** What ends in the same way wherever it runs: `test.<name>-in-<loop|thread|process>`. */
const everywhere = {
  async sleep(seconds) {
    note('started');
    await sleep(seconds * 1000, undefined, { signal: taskContext().signal });
    return seconds;
  },
  /** Stops a little after its soft limit, in good order. */
  async tidy(seconds) {
    try {
      await sleep(seconds * 1000, undefined, { signal: taskContext().signal });
    } catch {
      // Told below.
    }
    return taskContext().signal.reason.name;
  },
  /** Computes, with pauses. */
  async beat(seconds) {
    note('started');
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
      spin(0.01);
      await taskContext().heartbeat();
    }
  },
  where() {
    return { pid: process.pid, thread: threadId };
  },
  values: () => ({ date: new Date(0), nothing: undefined, money: { cents: 5, toJSON: () => '0.05' } }),
  bigint: () => 1n,
  map: () => new Map(),
  cause() {
    throw new OrderError('order 7 failed', { cause: new TypeError('no such item') });
  },
  async progress(steps) {
    for (let step = 1; step <= steps; step++) taskContext().progress({ step });
    return steps;
  },
  log() {
    taskContext().log.warn({ colour: 'red', paint: () => undefined }, 'said by the task');
  },
  forget() {
    void Promise.reject(new Error('forgotten promise'));
    return sleep(50, 'done');
  },
};
for (const [name, run] of Object.entries(everywhere)) {
  for (const runIn of ['loop', 'thread', 'process']) task(`test.${name}-in-${runIn}`, { runIn, trackStarted: name === 'progress' }, run);
}

for (const runIn of ['thread', 'process']) {
  task(`test.spin-in-${runIn}`, { runIn }, (seconds) => {
    note('started');
    return spin(seconds);
  });
  task(`test.exit-in-${runIn}`, { runIn, onWorkerLost: 'fail' }, () => process.exit(9));
  task(`test.throw-later-in-${runIn}`, { runIn, onWorkerLost: 'fail' }, async () => {
    setTimeout(() => {
      throw new Error('thrown in a timer');
    }, 1);
    await sleep(60_000);
  });
}

task('test.hog', { runIn: 'thread', onWorkerLost: 'fail' }, () => {
  const hoard = [];
  for (;;) hoard.push(Array.from({ length: 1000 }, () => Math.random()));
});
/** Leaves so much behind. */
const kept = [];
for (const runIn of ['thread', 'process']) {
  task(`test.leak-in-${runIn}`, { runIn }, (mebibytes) => {
    for (let each = 0; each < mebibytes; each++) kept.push(Array(2 ** 17).fill(0.5));
    return { pid: process.pid, thread: threadId };
  });
}

for (const [name, options] of Object.entries({
  redeliver: {},
  retry: { onWorkerLost: 'retry', retry: { max: 2, delaySeconds: 0 } },
  fail: { onWorkerLost: 'fail' },
  early: { acknowledge: 'early' },
})) {
  task(`test.killed-${name}`, { runIn: 'process', ...options }, async () => {
    note('ran');
    process.kill(process.pid, 'SIGKILL');
    await sleep(60_000);
  });
}

/** End the process, or take it down later, when they are delivered for the first time. */
task('test.exit-once', () => {
  note('ran');
  if (!taskContext().redelivered) process.exit(9);
});
task('test.throw-later-once', async () => {
  if (taskContext().redelivered) return;
  setTimeout(() => {
    throw new Error('thrown in a timer');
  }, 1);
  await sleep(60_000);
});

/** Heed no signal. */
task('test.stubborn', async (seconds) => {
  note('stubborn');
  await sleep(seconds * 1000);
  note('over');
});
task('test.endless', async () => {
  note('endless');
  const alive = setInterval(() => undefined, 1000);
  await new Promise(() => alive);
});

/** When it started: by the wall clock of the worker, and by one that never jumps. */
function started() {
  const { id, queue, retries } = taskContext();
  const moment = { wall: Date.now(), steady: performance.now(), queue, retries };
  note(JSON.stringify(moment));
  return { id, ...moment };
}
task('test.moment', started);
task('test.four-a-second', { rateLimit: '4/s' }, started);
task('test.six-a-minute', { rateLimit: '6/m' }, started);
task('test.journey', (tries, delaySeconds) => {
  const moment = started();
  if (moment.retries + 1 < tries) throw new Retry({ delaySeconds, max: null });
  return moment;
});
