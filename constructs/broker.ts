import type { Construct } from 'constructs';
import type { Problem } from '../workers/problems';
import type { Topology } from '../workers/topology';
import type { BrokerUser } from './broker-users';

/** What workers, autoscalers and Flower need to know of a broker, whoever runs it. */
export interface Broker {
  /** `host:port` of every node that clients may connect to (AMQP 0-9-1). */
  readonly hosts: readonly string[];
  /** `host:port` of one address in front of all nodes, for clients that take only one. */
  readonly address: string;
  /** Root of the management HTTP API, with a trailing slash. */
  readonly managementUrl: string;
  /** The Secret that holds `username` and `password` of a user. */
  secretOf(user: string): string;
  /** Every Secret the broker expects to exist. */
  readonly secrets: readonly SecretDeclaration[];
}

/** A Secret that must exist before the manifest is applied. It is described, never rendered. */
export interface SecretDeclaration {
  readonly name: string;
  /** Keys with a fixed value (not secret, such as a user name), `'random'`, or `'given'`: only the owner of a broker knows it. */
  readonly keys: Readonly<Record<string, { readonly value: string } | 'random' | 'given'>>;
}

/** The keys of a Kubernetes `basic-auth` Secret. */
export const CREDENTIAL_KEYS = { username: 'username', password: 'password' } as const;

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
}

/** How a `TaskCluster` gets its broker: checked with everything else first, built afterwards. */
export interface BrokerProvider {
  /** `users`: names of the users that will log in. */
  validate(path: string, users: readonly string[]): Problem[];
  create(scope: Construct, id: string, context: BrokerContext): Broker;
}
