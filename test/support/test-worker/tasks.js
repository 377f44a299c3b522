// Tasks that end in every way a task can end. Plain JavaScript, because the worker process loads them as they are.
const { appendFileSync } = require('node:fs');
const { setTimeout } = require('node:timers');
const v8 = require('node:v8');
const vm = require('node:vm');
const { setTimeout: sleep } = require('node:timers/promises');
const { Ignore, Reject, Retry, task, taskContext } = require('../../../lib/workers');

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

/** Holds its thread for so long. */
function spin(seconds) {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end);
  return seconds;
}
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
