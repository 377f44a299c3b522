import type { NodeNetwork } from './node-network';

/** Where the nodes of a cluster live. */
export interface ClusterNetwork {
  /** One for each pod. */
  readonly nodes: readonly NodeNetwork[];
  remove(): Promise<void>;
}
