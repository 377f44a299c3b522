// What a call costs on the event loop, in a thread and in a child process: `npm run bench:pools`. No broker takes part.
const { setTimeout: sleep } = require('node:timers/promises');
const { LoopPool } = require('../../lib/workers/runtime/pools/loop');
const { ProcessPool } = require('../../lib/workers/runtime/pools/processes');
const { ThreadPool } = require('../../lib/workers/runtime/pools/threads');
const { registeredTasks } = require('../../lib/workers/task');

const tasksModule = require.resolve('./tasks');
require(tasksModule);

const CALLS = 3000;
const STARTS = 5;
const limits = { maxTasks: Number.POSITIVE_INFINITY, maxMemoryBytes: Number.POSITIVE_INFINITY };
const POOLS = {
  loop: () => new LoopPool(registeredTasks()),
  thread: () => new ThreadPool({ tasksModule, size: 1, limits, heapMib: undefined, log: console }),
  process: () => new ProcessPool(tasksModule, limits),
};
const LISTENER = { started: () => undefined, progress: () => undefined, log: () => undefined };

async function call(pool, task, args) {
  const facts = {
    id: 'x',
    task,
    queue: 'q',
    retries: 0,
    redelivered: false,
    failedDeliveries: 0,
    rootId: 'x',
    parentId: null,
    headers: {},
  };
  const verdict = await pool.start({ facts, args }, LISTENER).verdict;
  if (verdict.kind !== 'success') throw new Error(JSON.stringify(verdict));
  return verdict.value;
}

/** Milliseconds of one call after the other: the median. */
async function median(count, run) {
  const times = [];
  for (let each = 0; each < count; each++) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(count / 2)];
}

async function measure(create) {
  const pool = create();
  await call(pool, 'bench.echo', [1]);
  const small = await median(CALLS, () => call(pool, 'bench.echo', [1]));
  const text = 'x'.repeat(100_000);
  const large = await median(CALLS / 10, () => call(pool, 'bench.echo', [text]));
  await pool.close();
  const first = await median(STARTS, async () => {
    const fresh = create();
    await call(fresh, 'bench.echo', [1]);
    await fresh.close();
  });
  return { small, large, first };
}

/** MiB that one more place to run takes. */
async function memory() {
  const before = process.memoryUsage.rss();
  const threads = new ThreadPool({ tasksModule, size: 4, limits, heapMib: undefined, log: console });
  await Promise.all([1, 2, 3, 4].map(() => call(threads, 'bench.echo', [1])));
  await sleep(500);
  const thread = (process.memoryUsage.rss() - before) / 4 / 2 ** 20;
  await threads.close();
  const children = new ProcessPool(tasksModule, limits);
  const child = await call(children, 'bench.memory', []);
  await children.close();
  return { loop: 0, thread, process: child };
}

async function main() {
  const mebibytes = await memory();
  const results = {};
  for (const [name, create] of Object.entries(POOLS)) results[name] = await measure(create);
  const shown = (value) => Number(value.toPrecision(2));
  console.table(
    Object.fromEntries(
      Object.entries(results).map(([name, { small, large, first }]) => [
        name,
        {
          'call, ms': shown(small),
          'times loop': Math.round(small / results.loop.small),
          'call with 100 kB both ways, ms': shown(large),
          'first call, ms': Math.round(first),
          'memory, MiB': Math.round(mebibytes[name]),
        },
      ]),
    ),
  );
}

void main();
