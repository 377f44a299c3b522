/** The part of RabbitMQ's definitions file that Warren renders: what a node imports at boot and the topology Job brings about later. */
export interface Definitions {
  readonly users: readonly UserDefinition[];
  readonly vhosts: readonly {
    readonly name: string;
    readonly metadata: { readonly default_queue_type: string } & Readonly<Record<string, unknown>>;
  }[];
  readonly permissions: readonly PermissionDefinition[];
  readonly policies: readonly PolicyDefinition[];
  readonly exchanges: readonly ExchangeDefinition[];
  readonly queues: readonly QueueDefinition[];
  readonly bindings: readonly BindingDefinition[];
}

type Arguments = Readonly<Record<string, unknown>>;

interface Named {
  readonly name: string;
  readonly vhost: string;
}

export interface UserDefinition {
  readonly name: string;
  /** `HASH(<user>)` until the password is known. */
  readonly password_hash: string;
  readonly hashing_algorithm: string;
  readonly tags: readonly string[];
  readonly limits: Arguments;
}

export interface PermissionDefinition {
  readonly user: string;
  readonly vhost: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

export interface PolicyDefinition extends Named {
  readonly pattern: string;
  readonly 'apply-to': string;
  readonly priority: number;
  readonly definition: Arguments;
}

export interface QueueDefinition extends Named {
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly arguments: Arguments;
}

export interface ExchangeDefinition extends QueueDefinition {
  readonly type: string;
  readonly internal: boolean;
}

export interface BindingDefinition {
  readonly source: string;
  readonly vhost: string;
  readonly destination: string;
  readonly destination_type: 'queue' | 'exchange';
  readonly routing_key: string;
  readonly arguments: Arguments;
}
