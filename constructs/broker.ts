import type { Construct } from 'constructs';
import type { Problem } from '../workers/problems';
import { CREDENTIAL_KEYS, type SecretDeclaration } from '../workers/secrets/secret';
import type { Topology } from '../workers/topology';
import type { BrokerTls } from './broker-tls';
import type { BrokerUser } from './broker-users';
import type { ImageOptions } from './images';

/** What workers, autoscalers and Flower need to know of a broker, whoever runs it. */
export interface Broker {
  /** `host:port` of every node that clients may connect to (AMQP 0-9-1). */
  readonly hosts: readonly string[];
  /** `host:port` of one address in front of all nodes, for clients that take only one. */
  readonly address: string;
  /** Root of the management HTTP API, with a trailing slash. */
  readonly managementUrl: string;
  /** What the topology Job brings about; absent where the owner of the broker does it. */
  readonly definitionsFile?: DefinitionsFile;
  /** Labels that select the broker's pods, where they are part of the task system; absent for a broker that runs elsewhere. */
  readonly podSelector?: Readonly<Record<string, string>>;
  /** Ports of those pods, where there are any. */
  readonly podPorts?: BrokerPorts;
  /** Who vouches for the broker's certificate; absent where hosts and URL are without TLS. */
  readonly tls?: BrokerTls;
  /** The Secret that holds `username` and `password` of a user. */
  secretOf(user: string): string;
  /** Every Secret the broker expects to exist. */
  readonly secrets: readonly SecretDeclaration[];
}

/** Ports that are open on a broker's pods, by what they are for. */
export interface BrokerPorts {
  readonly amqp: readonly number[];
  readonly management: readonly number[];
  readonly prometheus: readonly number[];
}

/** The declared topology in RabbitMQ's words, with placeholders for password hashes. */
export interface DefinitionsFile {
  readonly text: string;
  /** Name of the ConfigMap that holds it, under the key `definitions.json`. */
  readonly configMap: string;
}

/** The Secret `<broker>-<user>` of a user whose password may be anything. */
export function userSecret(broker: string, user: string, name = secretName(broker, user)): SecretDeclaration {
  return { name, keys: { [CREDENTIAL_KEYS.username]: { value: user }, [CREDENTIAL_KEYS.password]: 'random' } };
}

export function secretName(broker: string, user: string): string {
  return `${broker}-${user}`;
}

/** What a broker is built for. */
export interface BrokerContext {
  /** Name of the broker's objects, for example `tasks-broker`. */
  readonly name: string;
  /** Name of the task system they belong to. */
  readonly partOf: string;
  readonly topology: Topology;
  readonly users: readonly BrokerUser[];
  /** Where the images of the task system come from. */
  readonly images?: ImageOptions;
}

/** How a `TaskCluster` gets its broker: checked with everything else first, built afterwards. */
export interface BrokerProvider {
  /** `users`: names of the users that will log in. */
  validate(path: string, users: readonly string[]): Problem[];
  create(scope: Construct, id: string, context: BrokerContext): Broker;
  /** False where the management API is known to report no message rates, so that nothing can be scaled on them. */
  readonly reportsRates?: boolean;
  /** Whether its quorum queues can delay a redelivery. @default true */
  readonly delaysRedelivery?: boolean;
}
