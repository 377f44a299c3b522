import { CommandError, type ControlledWorker } from '../control/controlled-worker';
import type { RemoteControl } from '../control/remote-control';
import type { WorkerOptions } from './worker';

/** This runtime under remote control. What it cannot do yet it says. */
export function controlledWorker({ config, tasks }: WorkerOptions, control: () => RemoteControl): ControlledWorker {
  const { topology, nodeName, concurrency } = config;
  const queues = topology.queues.filter(({ name }) => config.queues.includes(name));
  const cannot = (what: string) => (): never => {
    throw new CommandError('NotImplementedError', what);
  };
  return {
    nodeName,
    requests: () => control().requests.list(),
    tasks: () => [...tasks.values()].map(({ name, options }) => ({ name, attributes: { queue: options.queue ?? null } })),
    queues: () => queues.map(({ name }) => ({ name, exchange: topology.exchange, exchangeType: 'topic' as const, routingKey: name })),
    stats: () => ({
      totals: control().requests.totals(),
      implementation: 'warren:event-loop and threads',
      concurrency,
      processes: [process.pid],
      prefetch: concurrency,
      timeouts: [0, 0],
      broker: { hosts: config.brokerHosts, virtualHost: topology.virtualHost },
    }),
    settings: () => settings(config),
    revoked: () => undefined,
    terminate: cannot('a running task cannot be ended'),
    grow: cannot('the number of tasks at once is fixed'),
    shrink: cannot('the number of tasks at once is fixed'),
    setRateLimit: cannot('there are no rate limits'),
    setTimeLimit: cannot('there are no time limits'),
    addQueue: cannot('the queues are fixed'),
    cancelQueue: cannot('the queues are fixed'),
    shutdown: () => void process.kill(process.pid, 'SIGTERM'),
  };
}

function settings({ topology, brokerHosts, concurrency, queues, taskEvents, remoteControl }: WorkerOptions['config']) {
  return {
    broker_url: brokerHosts.map((host) => `amqp://********@${host}/${encodeURIComponent(topology.virtualHost)}`),
    result_backend: 'rpc://',
    accept_content: ['json'],
    enable_utc: true,
    timezone: 'UTC',
    task_acks_late: true,
    task_default_exchange: topology.exchange,
    task_default_exchange_type: 'topic',
    task_default_queue: topology.defaultQueue,
    task_default_queue_type: 'quorum',
    task_queues: queues,
    worker_concurrency: concurrency,
    worker_prefetch_multiplier: 1,
    worker_send_task_events: taskEvents,
    warren_remote_control: remoteControl,
  };
}
