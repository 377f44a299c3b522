/** What Celery can do, and what there is of it here. */
export interface Feature {
  readonly feature: string;
  /**
   * - `yes`: as with Celery
   * - `by decision`: not, or otherwise, for the reason given
   * - `partly`, `not yet`: what is missing is said
   */
  readonly ours: 'yes' | 'by decision' | 'partly' | 'not yet';
  /** What there is, or why there is not. */
  readonly how: string;
  /** Tests that show it, as `file: title`, below `test/`. @default [] */
  readonly tests?: readonly string[];
}

export interface Chapter {
  readonly title: string;
  readonly features: readonly Feature[];
}

/** One feature a line. */
const yes = (feature: string, how: string, ...tests: string[]): Feature => ({ feature, ours: 'yes', how, tests });
const partly = (feature: string, how: string, ...tests: string[]): Feature => ({ feature, ours: 'partly', how, tests });
const decided = (feature: string, how: string, ...tests: string[]): Feature => ({ feature, ours: 'by decision', how, tests });
const missing = (feature: string, how: string): Feature => ({ feature, ours: 'not yet', how });

const SAME =
  'interop/same-as-python.test.ts: a producer of %s cannot tell the difference between our worker and one of Celery 5.7.0, but for what is listed';

export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Messages and broker',
    features: [
      yes(
        'RabbitMQ as the broker',
        'RabbitMQ 4.3, with which the tests run, and 4.2',
        'interop/celery.test.ts: gets values and errors back',
        'integration/broker.test.ts: has every queue and its dead-letter queue, all of them quorum queues',
      ),
      decided('Redis as the broker', 'another broker; what is promised about losses rests on quorum queues. Redis keeps results'),
      yes(
        'Sending tasks (protocol 2)',
        'every property, header and field',
        'workers/celery/message.test.ts: writes %s like a Celery client: every property, header and field of the body',
        'interop/celery.test.ts: runs our tasks and answers',
      ),
      yes('Running tasks (protocol 2)', 'compared call by call with a worker of Celery', SAME),
      yes(
        'Protocol 1',
        'is run; sent as protocol 2',
        'interop/same-as-python/cases.ts: protocol 1',
        "interop/wire-format.test.ts: reads both protocols as Celery's client writes them",
      ),
      yes(
        'All headers of a task',
        'root, parent, group, stamps, shadow, representations, origin, limits',
        'workers/celery/message.test.ts: reads every field',
        'workers/celery/encode-retry.test.ts: keeps the bytes of the body, the headers and the compression',
      ),
      yes(
        'Types that JSON lacks',
        'datetime, date, time, Decimal, UUID, bytes, large integers',
        'interop/wire-format.test.ts: brings every type of value back as it came',
        'interop/same-as-python/cases.ts: Decimal',
      ),
      yes(
        'Compression',
        'zlib, gzip, Brotli, and Zstandard where Node.js has it',
        'interop/wire-format.test.ts: reads what kombu compressed',
        'interop/same-as-python/cases.ts: zlib',
      ),
      decided(
        'Other serializers: pickle, YAML, msgpack',
        'only if asked for: pickle runs code of whoever may send; such messages are dead-lettered',
        'interop/same-as-python/cases.ts: pickle',
      ),
      decided('Signed messages', 'optional, and not there: who may send is decided by the logins of the broker, and TLS keeps others out'),
      yes(
        'Routing of tasks to queues',
        'routes by task and size, topics and broadcasts, checked at synth',
        'integration/worker.test.ts: sends large arguments to the queue their route names',
        'workers/topology.test.ts: is read back when routes have odd names',
      ),
      yes(
        'Priorities',
        'of messages, and of queues as their default; the order is that of the broker',
        'interop/same-as-python/cases.ts: a priority',
      ),
      yes('Quorum queues', 'the default', 'integration/broker.test.ts: makes quorum queues by default'),
      yes(
        'Delays that wait in the broker',
        'compatible with native delayed delivery, also for retries',
        'interop/delayed-delivery.test.ts: lets a task with a countdown wait in the broker and not in a worker',
        'interop/wire-format.test.ts: delays by the same routing keys',
      ),
      yes('RabbitMQ 4.3 as it comes', 'nothing transient is declared', 'integration/worker.test.ts: runs a task and gives its value back'),
      yes(
        'Several brokers to fail over to',
        'all nodes of the cluster are tried',
        'integration/connections.test.ts: take no harm from hosts that do not exist, do not answer, or are no brokers',
        'chaos/restarts.test.ts: loses no accepted task while its nodes restart one after the other',
      ),
      yes(
        'Reconnecting',
        'workers and clients, also from a node that is cut off',
        'integration/lifecycle.test.ts: survives a killed broker: the client and the worker come back by themselves',
        'chaos/network.test.ts: moves workers and publishers away from a node that is cut off from the others',
      ),
      yes(
        'Publisher confirms',
        'always: a call resolves when the task is stored in a queue',
        'integration/worker.test.ts: refuses to call a message accepted that reached no queue',
        'integration/connections.test.ts: never call a message accepted whose queue was deleted',
      ),
      yes(
        'TLS',
        'verified by all clients',
        'interop/tls.test.ts: a Python client calls our worker',
        'interop/tls.test.ts: a Python worker runs our task',
      ),
    ],
  },
  {
    title: 'Worker',
    features: [
      yes('Worker', 'in Node.js', SAME),
      yes(
        'Concurrency and prefetch',
        'as many are taken as are worked on',
        'integration/worker.test.ts: runs as many at once as its concurrency says',
        'integration/lifecycle.test.ts: takes no more messages than it works on',
      ),
      yes(
        'Early or late acknowledgement',
        'late by default, where Celery is early',
        'integration/outcomes.test.ts: early: acked when the task starts',
        'interop/same-as-python/cases.ts: Reject with the default acknowledgement',
      ),
      yes(
        'Reject, requeue, dead letters',
        'as with Celery; dead letters have a reason',
        'interop/same-as-python/cases.ts: Reject',
        'interop/same-as-python/cases.ts: Reject with requeue',
        'integration/outcomes.test.ts: Reject with requeue: tried until the delivery limit, then dead-lettered by the broker',
      ),
      yes(
        'Another delivery when a worker dies',
        'the default; retrying or failing as options',
        'integration/losses.test.ts: is tried again until the delivery limit, then dead-lettered, and nobody is told',
        'integration/losses.test.ts: that ends the process is delivered again',
      ),
      yes(
        'An end for tasks that kill workers',
        'Celery has none',
        'integration/poison.test.ts: is dead-lettered after its tries, and takes no other task with it: %s',
      ),
      yes(
        'Bad messages',
        'Celery drops some and dies of others; here each is dead-lettered with a reason',
        'integration/bad-messages.test.ts: dead-letters %s with a reason and goes on',
        'interop/same-as-python/cases.ts: broken JSON',
      ),
      yes(
        'Retries with backoff and jitter',
        'with the arithmetic of Celery',
        'workers/runtime/retry-policy.test.ts: with jitter takes any whole number up to the backoff, both ends included',
        'interop/same-as-python/cases.ts: Retry with a cause',
        'interop/same-as-python/cases.ts: autoretry',
      ),
      yes(
        'ETA, countdown, expiry',
        'waits in the broker and takes no place from others',
        'interop/same-as-python/cases.ts: a countdown above a second',
        'interop/same-as-python/cases.ts: a countdown below a second',
        'interop/same-as-python/cases.ts: expired',
      ),
      yes(
        'Soft and hard time limits',
        'everywhere, also on the event loop; Celery: in child processes only',
        'interop/same-as-python/cases.ts: a soft time limit',
        'interop/same-as-python/cases.ts: a hard time limit',
        'integration/execution.test.ts: are killed at their hard limit, while probes are answered and others run',
      ),
      yes(
        'Rate limits',
        'for each worker, as in Celery; what must wait waits in the broker',
        'workers/runtime/rate-limits.test.ts: sends what must wait longer to the broker, each behind the one before',
      ),
      yes(
        'Children replaced after so many tasks or so much memory',
        'threads and child processes',
        'integration/losses.test.ts: is replaced after so many tasks',
        'integration/losses.test.ts: is replaced after a task that left too much memory behind, and not before',
      ),
      yes('Tasks apart from each other', 'in threads or child processes', 'integration/execution.test.ts: run where their option says'),
      yes(
        'Autoscaling',
        'of pods, by KEDA; the size of a running pool is not changed by itself',
        'constructs/autoscaling/queue-autoscaler.test.ts: scales the Deployment of its group within the given range',
        'integration/autoscaling.test.ts: sees over AMQP only the tasks that wait, over HTTP those that run, too',
      ),
      yes(
        'Graceful shutdown',
        'finishes what runs and hands back the rest',
        'integration/lifecycle.test.ts: finishes running tasks at SIGTERM, leaves the others and exits with 0',
      ),
      yes(
        'A deadline of the shutdown',
        'always there, within the grace period of the pod',
        'integration/lifecycle.test.ts: hands back what cannot finish, %s, and exits with 3',
      ),
      yes(
        'Revoking, also what runs',
        'by id and by stamp',
        'interop/same-as-python/cases.ts: revoked',
        'interop/remote-control.test.ts: does not start a revoked task',
        'integration/losses.test.ts: is killed when its task is terminated: told as revoked, acked',
      ),
      yes(
        'Revokes that outlive workers',
        'kept by the broker, not in a file',
        'integration/remote-control.test.ts: reaches a worker that starts later, even after all were gone and the broker was restarted',
      ),
      yes(
        'Deduplication',
        'of successes that are stored, as in Celery',
        'integration/redis-results.test.ts: spare a second run after the worker died between the result and the ack',
      ),
      yes(
        'Health and metrics',
        'both over HTTP, of which Celery has neither; metrics for Prometheus: docs/workers.md',
        'integration/worker.test.ts: keeps answering probes while a task computes',
        'integration/metrics.test.ts: count every try of a task by how it ended',
        'integration/metrics.test.ts: are answered while tasks compute in threads and child processes, and count them',
      ),
    ],
  },
  {
    title: 'Results and canvas',
    features: [
      yes('Results over `rpc://`, as the worker', 'as Celery 5.7 sends them', SAME),
      yes(
        'Results over `rpc://`, as the client',
        'one queue for each client',
        'interop/celery.test.ts: runs our tasks and answers',
        'chaos/restarts.test.ts: gives results while the node that held the results queue of the client is away',
      ),
      yes(
        'Results in Redis',
        'both ways',
        'interop/redis-results.test.ts: as the client: gets values and errors of our worker, and asks for results by id',
        'interop/redis-results.test.ts: as the worker: its results reach our client, also by id',
      ),
      partly(
        'Results by id, states, progress',
        'all of it with Redis, on the way with `rpc://`; a task tells PROGRESS, and no other state of its own',
        'integration/redis-results.test.ts: are there for another program that knows the id, and after a restart of Redis',
        'interop/same-as-python/cases.ts: a custom state',
      ),
      ...['Chains and groups', 'Chords', 'Callbacks and errbacks (`link`, `link_error`)'].map((feature) =>
        missing(feature, 'such a message is dead-lettered as unsupported, instead of being half done'),
      ),
      missing(
        'Stamps and `replace`',
        'stamps are read, kept by retries and serve to revoke; tasks can neither stamp nor replace themselves',
      ),
    ],
  },
  {
    title: 'Control and monitoring',
    features: [
      yes(
        'Events and heartbeats',
        'all types and fields, compared with those of Celery',
        'interop/same-as-python.test.ts: heartbeats have the same fields',
        'workers/observe/events.test.ts: says online, heartbeat and offline with the fields of Celery',
      ),
      yes(
        '`celery inspect` and `celery control`',
        'docs/remote-control.md',
        'interop/remote-control.test.ts: works from the command line',
        'interop/remote-control.test.ts: answers control commands',
      ),
      yes(
        'Flower',
        '2.2.0',
        'interop/flower.test.ts: shows our worker online',
        'interop/flower.test.ts: shows what its tasks do, once it has asked for their events',
      ),
      yes(
        'Queues, rate and time limits changed from afar',
        'by remote control',
        'workers/control/commands.test.ts: %s %j',
        'interop/remote-control.test.ts: answers control commands',
      ),
      decided(
        'Mingle and gossip',
        'revoked ids are exchanged; clocks and elections among workers have no use here, and cost messages',
        'interop/remote-control.test.ts: tells a Python worker that starts what was revoked',
      ),
    ],
  },
  {
    title: 'Beat',
    features: ['Intervals and crontab', 'Solar schedules', 'One scheduler at a time', 'Schedules changed at run time'].map((feature) =>
      missing(feature, "Celery's own beat may send to the workers"),
    ),
  },
  {
    title: 'For developers',
    features: [
      yes('Types of TypeScript', 'the whole library', 'constructs/task-cluster-types.test.ts: takes declared queues in workers and routes'),
      yes(
        'Typed arguments and results',
        'a call that does not fit its task is a compile error',
        'workers/task.test.ts: registers a function under its name and keeps its types',
      ),
      missing('OpenTelemetry', 'headers of the caller reach the task, so that a program may do it itself'),
      yes(
        'Maintained',
        'tested with Celery 5.7.0 and 5.6.3, RabbitMQ 4.3',
        'interop/celery-5.6.test.ts: is client and worker on a broker rendered with permitTransientQueues',
      ),
    ],
  },
];
