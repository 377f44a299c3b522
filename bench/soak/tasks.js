// Tiny tasks that end in every way, for bench/soak/soak.ts.
const v8 = require('node:v8');
const vm = require('node:vm');
const { Retry, task, taskContext } = require('../../lib/workers');

let ended = 0;
const counted = (value) => {
  ended += 1;
  return value;
};

task('soak.nothing', () => counted());
task('soak.uncounted', () => undefined);
task('soak.echo', counted);
task('soak.fail', () => {
  counted();
  throw new TypeError('no good');
});
task('soak.retry', (delaySeconds) => {
  if (taskContext().retries === 0) throw new Retry({ delaySeconds });
  return counted();
});
task('soak.limited', { rateLimit: '50/s' }, () => counted());
task('soak.in-thread', { runIn: 'thread' }, (value) => value);

/** How many have ended here, and the worker's memory after a collection. */
task('soak.look', () => {
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')();
  const { heapUsed, rss } = process.memoryUsage();
  return { ended, heapUsed, rss };
});
