import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { SYSTEM_TRUST } from './broker/tls';
import {
  ENVIRONMENT,
  type EnvironmentVariable,
  LOG_ENVIRONMENT,
  LOG_LEVELS,
  REMOTE_CONTROL_MODES,
  type RemoteControlMode,
  RESULTS_ENVIRONMENT,
  type ResultsVariable,
  TLS_ENVIRONMENT,
} from './environment';
import { type Problem, suggest, throwIfAny } from './problems';
import { decodeTopology, type Topology } from './topology';
import { EXPIRE_SECONDS } from './results/expiry';
import { errorMessage } from './error-message';

/** What a program needs to send tasks. */
export interface ClientConfig {
  readonly topology: Topology;
  /** `host:port` of the broker's nodes. */
  readonly brokerHosts: readonly string[];
  /** Folder with the files `username` and `password`. */
  readonly brokerCredentials: string;
  /** PEM file with the authorities that vouch for the broker, or `system`; without it no TLS. */
  readonly brokerTlsCa: string | undefined;
  /** The Redis that keeps results; without it they go over `rpc://`. */
  readonly redis: RedisConfig | undefined;
}

/** What is needed to use a Redis. */
export interface RedisConfig {
  /** `redis://host:port/database`, or `rediss://` for TLS. */
  readonly url: string;
  /** Folder with the files `username`, `password` and perhaps `ca.crt`; without it nobody logs in. */
  readonly credentials: string | undefined;
  /** Seconds until Redis forgets a result; 0: never. */
  readonly expireSeconds: number;
}

/** What a worker needs to run. */
export interface WorkerConfig extends ClientConfig {
  /** Celery node name, `group@pod`. */
  readonly nodeName: string;
  readonly queues: readonly string[];
  /** Broadcasts to listen to. */
  readonly broadcasts: readonly string[];
  /** Tasks at once, and messages taken ahead: none. */
  readonly concurrency: number;
  /** Port of /livez, /readyz and /metrics; 0 takes a free one. */
  readonly healthPort: number;
  /** Seconds that running tasks get after SIGTERM. */
  readonly drainSeconds: number;
  /** Where the worker writes its deletion cost; `undefined`: nowhere. */
  readonly kubernetes: { readonly pod: string; readonly serviceAccount: string } | undefined;
  /** Tasks to run before the process ends by itself. */
  readonly maxTasks: number;
  /** Seconds without a task after which it ends by itself. */
  readonly idleSeconds: number;
  readonly remoteControl: RemoteControlMode;
  /** Send task events also when no monitor has asked for them. */
  readonly taskEvents: boolean;
  /** Tasks after which a thread or child process is replaced. */
  readonly maxTasksPerChild: number;
  /** Memory over which a thread (its heap) or child process (all of it) is replaced after a task. */
  readonly maxMemoryPerChildMib: number;
  /** Largest heap of a thread. */
  readonly threadHeapMib: number | undefined;
}

/** 10 years. */
const MOST_EXPIRE_SECONDS = 315_360_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one kind of setting after the other and collects what is wrong. */
class Reader {
  readonly problems: Problem[] = [];

  constructor(private readonly environment: Environment) {}

  text(name: EnvironmentVariable | ResultsVariable, fix: string, fallback?: string): string {
    const value = this.environment[name] || fallback;
    if (value === undefined) this.report(name, undefined, 'must be set', fix);
    return value ?? '';
  }

  list(name: EnvironmentVariable, fix: string, item: RegExp): string[] {
    const value = this.text(name, fix);
    const items = value.split(',').map((each) => each.trim());
    if (value !== '' && !items.every((each) => item.test(each))) this.report(name, value, `must be a list of ${item.source}`, fix);
    return items;
  }

  optionalList(name: EnvironmentVariable, fix: string, item: RegExp): string[] {
    return this.environment[name] ? this.list(name, fix, item) : [];
  }

  integer<F extends number | undefined>(name: EnvironmentVariable | ResultsVariable, least: number, most: number, fallback: F): number | F {
    const text = this.environment[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      this.report(name, text, `must be a whole number from ${least} to ${most}`, 'change it');
    return value;
  }

  oneOf<T extends string>(name: EnvironmentVariable | (typeof LOG_ENVIRONMENT)['level'], allowed: readonly T[], fallback: T): T {
    const text = this.environment[name] || fallback;
    const value = allowed.find((each) => each === text);
    if (value === undefined) this.report(name, text, `must be one of ${allowed.join(', ')}`, suggest(text, allowed));
    return value ?? fallback;
  }

  topology(name: EnvironmentVariable): Topology | undefined {
    const path = this.text(name, 'give the path of the mounted topology.json');
    try {
      return path === '' ? undefined : decodeTopology(readFileSync(path, 'utf8'));
    } catch (error) {
      this.report(name, path, errorMessage(error), 'mount the rendered ConfigMap');
      return undefined;
    }
  }

  folder(name: EnvironmentVariable | ResultsVariable): string {
    const path = this.text(name, 'give the folder in which the Secret is mounted');
    if (path !== '' && !existsSync(path))
      this.report(name, path, 'must be a folder with the files username and password', 'mount the Secret');
    return path;
  }

  has(name: EnvironmentVariable | ResultsVariable): boolean {
    return Boolean(this.environment[name]);
  }

  /** One of these words; the first when it is not set. */
  choice(name: EnvironmentVariable | ResultsVariable, allowed: readonly [string, ...string[]]): string {
    const value = this.environment[name] || allowed[0];
    if (!allowed.includes(value)) this.report(name, value, `must be ${allowed.join(' or ')}`, suggest(value, allowed));
    return value;
  }

  redisUrl(name: EnvironmentVariable | ResultsVariable): string {
    const value = this.text(name, 'give the address of the Redis, for example "redis://redis:6379/0"');
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url && (url.username || url.password)) {
      this.report(
        name,
        '...',
        'must not hold a user or password',
        `put them into files of the folder ${RESULTS_ENVIRONMENT.redisCredentials}`,
      );
    } else if (
      value !== '' &&
      !(url && /^rediss?:$/.test(url.protocol) && url.hostname && /^(\/\d*)?$/.test(url.pathname) && !url.search)
    ) {
      this.report(name, value, 'must be redis://host:port/database or rediss://host:port/database', 'correct it');
    }
    return value;
  }

  /** Reports what the topology, if there is one, does not have. */
  declared(name: EnvironmentVariable, kind: string, given: readonly string[], declared: readonly string[] | undefined): void {
    for (const each of given) {
      if (each !== '' && declared && !declared.includes(each))
        this.report(name, each, `is not a ${kind} of the topology`, suggest(each, declared));
    }
  }

  /** Optional: empty is absent. */
  trust(name: string): string | undefined {
    const trusted = this.environment[name] || undefined;
    if (trusted !== undefined && trusted !== SYSTEM_TRUST && !existsSync(trusted))
      this.report(name, trusted, `must be a PEM file, or "${SYSTEM_TRUST}"`, 'mount the key ca.crt of the Secret');
    return trusted;
  }

  report(path: string, got: unknown, rule: string, fix: string): void {
    this.problems.push({ path, got, rule, fix });
  }
}

/** @throws InvalidConfiguration with everything that is missing or wrong */
export function clientConfig(environment: Environment): ClientConfig {
  const reader = new Reader(environment);
  const config = readClient(reader);
  throwIfAny(reader.problems);
  return config as ClientConfig;
}

/** @throws InvalidConfiguration with everything that is missing or wrong */
export function workerConfig(environment: Environment): WorkerConfig {
  const reader = new Reader(environment);
  const client = readClient(reader);
  const config = {
    ...client,
    queues: reader.list(ENVIRONMENT.queues, 'name the queues to consume, for example "small,large"', /^[^\s,]+$/),
    broadcasts: reader.optionalList(ENVIRONMENT.broadcasts, 'name broadcasts of the topology', /^[^\s,]+$/),
    concurrency: reader.integer(ENVIRONMENT.concurrency, 1, 2000, 1),
    nodeName: reader.text(ENVIRONMENT.nodeName, '', `celery@${hostname()}`),
    healthPort: reader.integer(ENVIRONMENT.healthPort, 0, 65_535, 8080),
    drainSeconds: reader.integer(ENVIRONMENT.drainSeconds, 0, 604_800, 60),
    kubernetes: environment[ENVIRONMENT.serviceAccount]
      ? {
          pod: reader.text(ENVIRONMENT.pod, 'give the name of the pod'),
          serviceAccount: reader.text(ENVIRONMENT.serviceAccount, 'give the folder of the mounted token'),
        }
      : undefined,
    idleSeconds: reader.integer(ENVIRONMENT.idleSeconds, 1, 1_000_000, Number.POSITIVE_INFINITY),
    maxTasks: reader.integer(ENVIRONMENT.maxTasks, 1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY),
    remoteControl: reader.oneOf(ENVIRONMENT.remoteControl, REMOTE_CONTROL_MODES, 'all'),
    taskEvents: reader.oneOf(ENVIRONMENT.taskEvents, ['true', 'false'], 'false') === 'true',
    maxTasksPerChild: reader.integer(ENVIRONMENT.maxTasksPerChild, 1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY),
    maxMemoryPerChildMib: reader.integer(ENVIRONMENT.maxMemoryPerChildMib, 1, 2 ** 20, Number.POSITIVE_INFINITY),
    threadHeapMib: reader.integer(ENVIRONMENT.threadHeapMib, 16, 2 ** 20, undefined),
  };
  // The log reads it itself.
  reader.oneOf(LOG_ENVIRONMENT.level, LOG_LEVELS, 'info');
  reader.declared(
    ENVIRONMENT.queues,
    'queue',
    config.queues,
    client.topology?.queues.map((queue) => queue.name),
  );
  reader.declared(ENVIRONMENT.broadcasts, 'broadcast', config.broadcasts, client.topology?.broadcasts);
  throwIfAny(reader.problems);
  return config as WorkerConfig;
}

function readClient(reader: Reader) {
  return {
    topology: reader.topology(ENVIRONMENT.topology),
    brokerHosts: reader.list(ENVIRONMENT.brokerHosts, 'give host:port of the broker, several with commas', /^.+:\d{1,5}$/),
    brokerCredentials: reader.folder(ENVIRONMENT.brokerCredentials),
    brokerTlsCa: reader.trust(TLS_ENVIRONMENT.ca),
    redis: readRedis(reader),
  };
}

function readRedis(reader: Reader): RedisConfig | undefined {
  if (reader.choice(RESULTS_ENVIRONMENT.backend, ['rpc', 'redis']) !== 'redis') return undefined;
  return {
    url: reader.redisUrl(RESULTS_ENVIRONMENT.redisUrl),
    credentials: reader.has(RESULTS_ENVIRONMENT.redisCredentials) ? reader.folder(RESULTS_ENVIRONMENT.redisCredentials) : undefined,
    expireSeconds: reader.integer(RESULTS_ENVIRONMENT.expires, 0, MOST_EXPIRE_SECONDS, EXPIRE_SECONDS),
  };
}
