import type { Command, Commands } from '../command';
import { idsIn } from '../arguments';
import type { ConsumedQueue, RegisteredTask, RequestInfo } from '../controlled-worker';

/** Larger arguments are shown as the sender wants them shown: the answer must stay small and quick to make. */
const LARGEST_ARGUMENTS = 10_000;

/** A request as `inspect` shows it. @param safe representations instead of values */
export function requestInfo(request: RequestInfo, hostname: string, safe: boolean): Record<string, unknown> {
  const values = !safe && request.argsrepr.length + request.kwargsrepr.length < LARGEST_ARGUMENTS;
  return {
    id: request.id,
    name: request.name,
    args: values ? request.args : request.argsrepr,
    kwargs: values ? request.kwargs : request.kwargsrepr,
    type: request.task,
    hostname,
    time_start: request.startedAt === null ? null : request.startedAt / 1000,
    acknowledged: request.acknowledged,
    delivery_info: {
      exchange: request.exchange,
      routing_key: request.routingKey,
      priority: request.priority,
      redelivered: request.redelivered,
    },
    worker_pid: request.pid,
  };
}

const active: Command = {
  run: ({ worker }, { safe }) => {
    const running = worker.requests().filter(({ state }) => state === 'active');
    return running.map((request) => requestInfo(request, worker.nodeName, safe === true));
  },
};

const reserved: Command = {
  run: ({ worker }) => {
    const waiting = worker.requests().filter(({ state }) => state === 'reserved');
    return waiting.map((request) => requestInfo(request, worker.nodeName, false));
  },
};

/** Priority of every timer of a Celery worker. */
const TIMER_PRIORITY = 6;

const scheduled: Command = {
  run: ({ worker }) => {
    const waiting = worker.requests().filter(({ state }) => state === 'scheduled');
    return waiting.map((request) => ({
      eta: request.eta?.toISOString().replace('Z', '000+00:00') ?? null,
      priority: TIMER_PRIORITY,
      request: requestInfo(request, worker.nodeName, false),
    }));
  },
};

const queryTask: Command = {
  required: ['ids'],
  run: ({ worker }, args) => {
    const wanted = new Set(idsIn(args, 'ids'));
    const found = worker.requests().filter(({ id }) => wanted.has(id));
    return Object.fromEntries(found.map((request) => [request.id, [request.state, requestInfo(request, worker.nodeName, false)]]));
  },
};

const revoked: Command = { run: ({ revoked }) => revoked.ids() };

const DEFAULT_ITEMS = ['exchange', 'routing_key', 'rate_limit'];

const registered: Command = {
  run: ({ worker }, { taskinfoitems, builtins }) => {
    const asked: unknown[] = Array.isArray(taskinfoitems) && taskinfoitems.length > 0 ? taskinfoitems : DEFAULT_ITEMS;
    // Attributes with an underscore are the inner life of a Python object.
    const items = asked.filter((item): item is string => typeof item === 'string' && !item.startsWith('_'));
    const described = worker
      .tasks()
      .filter(({ name }) => builtins === true || !name.startsWith('celery.'))
      .map((task) => describeTask(task, items));
    described.sort();
    return described;
  },
};

function describeTask({ name, attributes }: RegisteredTask, items: readonly string[]): string {
  const shown = items
    .filter((item) => Object.hasOwn(attributes, item) && attributes[item] !== null)
    .map((item) => `${item}=${String(attributes[item])}`);
  return shown.length > 0 ? `${name} [${shown.join(' ')}]` : name;
}

const activeQueues: Command = { run: ({ worker }) => worker.queues().map(queueInfo) };

/** Every key of kombu's `Queue.as_dict`: Flower's worker page needs most of them. */
function queueInfo({ name, exchange, exchangeType, routingKey }: ConsumedQueue): Record<string, unknown> {
  return {
    name,
    exchange: {
      name: exchange,
      type: exchangeType,
      arguments: null,
      durable: true,
      passive: false,
      auto_delete: false,
      delivery_mode: null,
      no_declare: false,
    },
    routing_key: routingKey,
    queue_arguments: { 'x-queue-type': 'quorum' },
    binding_arguments: null,
    consumer_arguments: null,
    durable: true,
    exclusive: false,
    auto_delete: false,
    no_ack: false,
    alias: null,
    bindings: [],
    no_declare: null,
    expires: null,
    message_ttl: null,
    max_length: null,
    max_length_bytes: null,
    max_priority: null,
  };
}

export const INSPECT_COMMANDS: Commands = {
  active,
  dump_active: active,
  reserved,
  dump_reserved: reserved,
  scheduled,
  dump_schedule: scheduled,
  revoked,
  dump_revoked: revoked,
  registered,
  dump_tasks: registered,
  query_task: queryTask,
  active_queues: activeQueues,
};
