import type { Environment, Files } from './rendered-pod';

/** Where a node listens, and what differs from the rendered pod because of that. */
export interface NodeNetwork {
  /** Address at which the tests reach the node. */
  readonly hostname: string;
  readonly amqpPort: number;
  readonly managementPort: number;
  /** Every port by the name that the rendered pod gives it; the two above are those that clients use. */
  readonly ports: Readonly<Record<string, number>>;
  /** Lines of rabbitmq.conf after the rendered ones. */
  readonly conf: Environment;
  /** Variables in place of rendered ones; absolute paths are moved into the node's folder. */
  readonly env: Environment;
  /** Arguments of the Erlang machine. */
  readonly erlang: readonly string[];
  /** Files in the node's folder. */
  readonly files: Files;
  /** Network namespace the node lives in, with the file `hosts` of its folder as /etc/hosts; none for this machine's own. */
  readonly namespace?: string;
}
