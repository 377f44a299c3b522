// The tasks of test/interop/same_tasks.py, as they are written for our worker. Plain JavaScript, because the worker loads them as they are.
const { setTimeout: sleep } = require('node:timers/promises');
const { Ignore, Reject, Retry, task, taskContext } = require('../../../lib/workers');

class ValueError extends Error {}
class ShopError extends Error {}

const fail = (error) => () => {
  throw error();
};
const badType = () => new TypeError('no good');
const busy = () => new TypeError('busy');
const rejected = () => new Reject('no');

task('same.echo', { parameters: ['value'] }, (value) => value);
task('same.subtract', { parameters: ['x', 'y'] }, (x, y) => x - y);
task('same.wrong-type', fail(badType));
task(
  'same.wrong-value',
  fail(() => new ValueError('no good')),
);
task(
  'same.own-error',
  fail(() => new ShopError('order 7')),
);
task('same.not-json', () => () => 'a function');
task('same.tracked', { trackStarted: true }, () => 'done');
task('same.progress', () => {
  taskContext().progress({ step: 1 });
  return 'done';
});
task(
  'same.ignore',
  fail(() => new Ignore()),
);
task('same.forgetful', { ignoreResult: true }, () => 'done');
task('same.reject', fail(rejected));
task('same.reject-by-default', fail(rejected));
task('same.reject-early', { acknowledge: 'early' }, fail(rejected));
task(
  'same.requeue-early',
  { acknowledge: 'early' },
  fail(() => new Reject('later', { requeue: true })),
);
task('same.requeue', () => {
  if (!taskContext().redelivered) throw new Reject('later', { requeue: true });
  return 'redelivered';
});
task('same.fail-late', { acknowledgeFailure: false }, fail(badType));

const again = { delaySeconds: 0 };
const retryOnce = (options) => () => {
  if (taskContext().retries === 0) throw new Retry(options());
  return taskContext().retries;
};
task(
  'same.retry',
  { retry: again },
  retryOnce(() => ({})),
);
task(
  'same.retry-cause',
  { retry: again },
  retryOnce(() => ({ cause: busy() })),
);
task(
  'same.exhaust',
  { retry: { ...again, max: 1 } },
  fail(() => new Retry()),
);
task(
  'same.exhaust-cause',
  { retry: { ...again, max: 1 } },
  fail(() => new Retry({ cause: busy() })),
);
task('same.autoretry', { retry: { ...again, max: 1, on: [TypeError] } }, fail(busy));

// In a thread: what runs over its hard limit on the event loop ends the worker.
task('same.sleep', { runIn: 'thread' }, (seconds) => sleep(seconds * 1000, undefined, { signal: taskContext().signal }));
task('same.header', () => taskContext().headers.colour ?? null);
task('same.waited', (sent, seconds) => Date.now() / 1000 - sent >= seconds - 0.002);
