import { arch, release, type as systemName } from 'node:os';
import { pythonRepr } from '../../celery/repr';
import { VERSION } from '../../version';
import { type Command, type CommandContext, type Commands, NO_REPLY, ok } from '../command';
import { CommandError } from '../controlled-worker';

const ping: Command = { run: () => ok('pong') };

const clock: Command = { run: ({ clock }) => ({ clock: clock.value }) };

/** Another worker has started and asks what it has missed. */
const hello: Command = {
  required: ['from_node'],
  run: ({ worker, revoked, clock, mayChange }, { from_node: node, revoked: theirs }) => {
    if (node === worker.nodeName) return null;
    if (mayChange) revoked.add(revokedIn(theirs));
    return { revoked: revoked.ids(), clock: clock.forward() };
  },
};

/** Ids as Celery 5.7 sends them, a list, or as 5.6 does, a map. */
export function revokedIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

const stats: Command = {
  run: ({ worker, clock }) => {
    const { state, totals, implementation, concurrency, processes, prefetch, timeouts, broker } = worker.stats();
    const [first = ''] = broker.hosts;
    const colon = first.lastIndexOf(':');
    return {
      // Celery's workers have no such key; monitors pass over it.
      state,
      total: totals,
      pid: process.pid,
      clock: String(clock.value),
      uptime: Math.round(process.uptime()),
      pool: {
        implementation,
        'max-concurrency': concurrency,
        processes,
        'max-tasks-per-child': 'N/A',
        'put-guarded-by-semaphore': false,
        timeouts,
      },
      broker: {
        hostname: first.slice(0, colon),
        userid: null,
        virtual_host: broker.virtualHost,
        port: Number(first.slice(colon + 1)),
        insist: false,
        ssl: false,
        transport: 'amqp',
        connect_timeout: 5,
        transport_options: {},
        login_method: 'PLAIN',
        uri_prefix: null,
        heartbeat: 10,
        failover_strategy: 'round-robin',
        alternates: broker.hosts.slice(1),
        credential_provider: null,
      },
      prefetch_count: prefetch,
      rusage: resourceUsage(),
    };
  },
};

/** Under the names of Python's `resource.getrusage`. */
function resourceUsage(): Record<string, number> {
  const usage = process.resourceUsage();
  return {
    utime: usage.userCPUTime / 1e6,
    stime: usage.systemCPUTime / 1e6,
    maxrss: usage.maxRSS,
    ixrss: usage.sharedMemorySize,
    idrss: usage.unsharedDataSize,
    isrss: usage.unsharedStackSize,
    minflt: usage.minorPageFault,
    majflt: usage.majorPageFault,
    nswap: usage.swappedOut,
    inblock: usage.fsRead,
    oublock: usage.fsWrite,
    msgsnd: usage.ipcSent,
    msgrcv: usage.ipcReceived,
    nsignals: usage.signalsCount,
    nvcsw: usage.voluntaryContextSwitches,
    nivcsw: usage.involuntaryContextSwitches,
  };
}

const conf: Command = { run: ({ worker }) => worker.settings() };

const report: Command = {
  run: ({ worker }: CommandContext) => {
    const settings = Object.entries(worker.settings()).map(([name, value]) => `${name}: ${pythonRepr(value)}`);
    return ok(
      [
        '',
        `software -> warren:${VERSION} node:${process.versions.node}`,
        `platform -> system:${systemName()} arch:${arch()}`,
        `            kernel version:${release()} imp:Node.js`,
        'settings -> transport:amqp results:rpc:///',
        '',
        ...settings,
        '',
      ].join('\n'),
    );
  },
};

const memsample: Command = { run: () => megabytes(process.memoryUsage.rss()) };

const memdump: Command = {
  run: () =>
    Object.entries(process.memoryUsage())
      .map(([name, bytes]) => `${name}: ${megabytes(bytes)}`)
      .join('\n'),
};

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(3)}MB`;
}

const objgraph: Command = {
  run: () => {
    throw new CommandError('NotImplementedError', 'objgraph draws Python objects; take a heap snapshot with node --heapsnapshot-signal');
  },
};

/** Gossip, in which this worker takes no part. */
const election: Command = { run: () => NO_REPLY };

const shutdown: Command = {
  changes: true,
  run: ({ worker }) => {
    worker.shutdown();
    return NO_REPLY;
  },
};

export const NODE_COMMANDS: Commands = {
  ping,
  clock,
  hello,
  stats,
  conf,
  dump_conf: conf,
  report,
  memsample,
  memdump,
  objgraph,
  election,
  shutdown,
};
