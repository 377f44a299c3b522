import type { Problem } from '../../workers/problems';
import { join, problem, record, type Rule, text } from '../rules';
import type { RabbitmqLine } from './versions';

/** Settings that Warren derives: another value would break what the rest of the system relies on. */
interface Derived {
  readonly keys: RegExp;
  readonly reason: string;
  readonly instead: string;
}

const REMOVE = 'remove it';

const DERIVED: readonly Derived[] = [
  {
    keys: /^listeners\.|^(management|prometheus)\.(tcp|ssl|listener)\.(port|ip|listener)$/,
    reason: 'Services and probes name the listeners',
    instead: REMOVE,
  },
  {
    keys: /^(ssl_options|(management|prometheus)\.ssl)\.(cacertfile|certfile|keyfile|fail_if_no_peer_cert|versions\.)/,
    reason: 'the certificate and who may connect follow from one Secret',
    instead: 'set tls',
  },
  { keys: /^cluster_formation\.|^cluster_name$/, reason: 'nodes find each other by it', instead: REMOVE },
  { keys: /^definitions\.|load_definitions$/, reason: 'users and queues come from the rendered definitions', instead: 'declare queues' },
  {
    keys: /^(default_(user|pass|vhost|permissions)|anonymous_login|auth_mechanisms|loopback_users)/,
    reason: 'users come from Secrets, and nobody else may log in',
    instead: REMOVE,
  },
  { keys: /^(vm_memory_|total_memory_)/, reason: 'follows from the memory of the container', instead: 'set resources.memory' },
  { keys: /^disk_free_limit/, reason: 'follows from memory and storage', instead: 'set storage' },
  { keys: /^default_queue_type$/, reason: 'only quorum queues keep accepted tasks', instead: REMOVE },
  { keys: /^quorum_queue\.property_equivalence\./, reason: 'Celery could not redeclare its queues', instead: REMOVE },
  { keys: /^quorum_queue\.continuous_membership_reconciliation\./, reason: 'it repairs queues that lost a member', instead: REMOVE },
  { keys: /^raft\.data_dir$/, reason: 'the data must be on the volume', instead: REMOVE },
  { keys: /^log\.(console$|console\.stdio$|dir$|file(\.|$)|\w+\.file$)/, reason: 'Kubernetes reads the console', instead: REMOVE },
  {
    keys: /^management(_agent)?\.(disable_|oauth_disable_basic_auth$)/,
    reason: 'KEDA and Flower ask the management API for figures',
    instead: REMOVE,
  },
  { keys: /^(management\.path_prefix|prometheus\.path)$/, reason: 'probes, KEDA, Flower and Prometheus name the path', instead: REMOVE },
  { keys: /^consumer_timeout$/, reason: 'follows from the longest task of each queue', instead: 'set maxTaskSeconds of the queue' },
  { keys: /^deprecated_features\.permit\.transient_nonexcl_queues$/, reason: 'is an option', instead: 'set permitTransientQueues' },
];

const PARTITION_HANDLING = /^cluster_partition_handling/;
/** `default_pass`, `ssl_options.password`, `management.oauth_client_secret`, `cluster_formation.consul.acl_token`, keys of certificates. */
const SECRET_KEY = /(^|[._])(pass|password|passphrase|passwd|secret|secret_key|access_key|token|cookie|\w*PrivateKey\w*)$/;
/** A login in an address, a key in PEM form, or a value encrypted with a passphrase that would have to be somewhere, too. */
const SECRET_VALUE = /:\/\/[^/\s]*:[^/\s]*@|-----BEGIN|^encrypted:/;

/** `rabbitmq.conf` has one setting on a line, so neither half may hold a line break. */
export const configurationRule: Rule = record(
  text(/^[a-z][\w$-]*(\.[\w$-]+)*$/, 'must be a key of rabbitmq.conf', 'write it like "channel_max"'),
  text(/^\S(.*\S)?$/, 'must be one line of text without spaces around it', 'write the value as in rabbitmq.conf, in quotes'),
);

/** Settings that break a promise, that hold a secret, or that mean nothing on this release line. */
export function configurationProblems(configuration: Readonly<Record<string, string>>, line: RabbitmqLine, path: string): Problem[] {
  return Object.entries(configuration).flatMap(([key, value]) => {
    const place = join(path, 'configuration', key);
    if (SECRET_KEY.test(key) || SECRET_VALUE.test(value)) {
      const rule = 'looks like a secret, and everybody who may look at a ConfigMap would read it';
      return [problem(place, '(not shown)', rule, 'keep it out of the configuration')];
    }
    if (PARTITION_HANDLING.test(key)) return [problem(place, value, ...partitionHandling(line))];
    const derived = DERIVED.find(({ keys }) => keys.test(key));
    return derived ? [problem(place, value, `is Warren's to set: ${derived.reason}`, derived.instead)] : [];
  });
}

function partitionHandling({ hasPartitionHandling }: RabbitmqLine): [rule: string, fix: string] {
  return hasPartitionHandling
    ? ["is Warren's to set: pause_minority keeps the majority in charge", REMOVE]
    : ['has no effect: the metadata store of this release line settles partitions by majority', REMOVE];
}

/** The text of the user's part of the configuration; its file sorts last, so it wins. */
export function userConf(configuration: Readonly<Record<string, string>>): string {
  return Object.entries(configuration)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}
