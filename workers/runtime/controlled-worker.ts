import { CommandError, type ControlledWorker } from '../control/controlled-worker';
import type { Requests } from '../control/requests';
import { errorMessage } from '../error-message';
import type { Consumer } from './consumer';
import type { Intake } from './intake';
import type { RateLimits } from './rate-limits';
import type { Slots } from './slots';
import type { TimeLimitOverride } from './time-limits';
import type { WorkerOptions } from './worker';

/** The parts of a worker that remote control steers. */
export interface ControlledParts {
  readonly state: string;
  readonly requests: Requests;
  readonly consumer: Consumer;
  readonly intake: Intake;
  readonly slots: Slots;
  readonly rates: RateLimits;
  /** Limits of tasks that were set at run time. */
  readonly timeLimits: Map<string, TimeLimitOverride>;
}

/** RabbitMQ advises against a larger prefetch on quorum queues. */
export const MOST_SLOTS = 2000;

/** This runtime under remote control. */
export function controlledWorker({ config, tasks }: WorkerOptions, parts: () => ControlledParts): ControlledWorker {
  const { topology, nodeName } = config;
  const resize = (size: number): void => {
    if (size < 1 || size > MOST_SLOTS)
      throw new CommandError('ValueError', `the worker can run 1 to ${MOST_SLOTS} tasks at once, not ${size}`);
    parts().slots.resize(size);
    void parts().consumer.setPrefetch(size);
  };
  return {
    nodeName,
    requests: () => parts().requests.list(),
    tasks: () =>
      [...tasks.values()].map(({ name, options }) => ({
        name,
        attributes: { queue: options.queue ?? null, rate_limit: options.rateLimit ?? null },
      })),
    queues: () =>
      parts().consumer.queueNames.map((name) => ({ name, exchange: topology.exchange, exchangeType: 'topic' as const, routingKey: name })),
    stats: () => ({
      state: parts().state,
      totals: parts().requests.totals(),
      implementation: 'warren:event loop, threads and processes',
      concurrency: parts().slots.size,
      processes: [process.pid],
      prefetch: parts().slots.size,
      timeouts: [0, 0],
      broker: { hosts: config.brokerHosts, virtualHost: topology.virtualHost },
    }),
    settings: () => settings(config),
    // What waits here is looked at again before it starts.
    revoked: () => undefined,
    terminate: (id, signal) => parts().intake.terminate(id, signal.name),
    grow: (by) => resize(parts().slots.size + by),
    shrink: (by) => resize(parts().slots.size - by),
    setRateLimit: (task, rate) => parts().rates.set(task, rate?.perSecond ?? null),
    setTimeLimit: (task, { hard, soft }) => {
      parts().timeLimits.set(task, { hardTimeLimitSeconds: hard ?? undefined, softTimeLimitSeconds: soft ?? undefined });
    },
    addQueue: async (name) => {
      const queue = topology.queues.find((each) => each.name === name);
      if (!queue) throw new CommandError('ValueError', `"${name}" is not a queue of the topology`);
      await parts()
        .consumer.add(queue)
        .catch((error: unknown) => {
          throw new CommandError('ValueError', errorMessage(error));
        });
    },
    cancelQueue: (name) => parts().consumer.remove(name),
    shutdown: () => void process.kill(process.pid, 'SIGTERM'),
  };
}

function settings({ topology, brokerHosts, concurrency, queues, taskEvents, remoteControl, redis, brokerTlsCa }: WorkerOptions['config']) {
  return {
    broker_url: brokerHosts.map(
      (host) => `${brokerTlsCa === undefined ? 'amqp' : 'amqps'}://********@${host}/${encodeURIComponent(topology.virtualHost)}`,
    ),
    result_backend: redis ? 'redis://' : 'rpc://',
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
