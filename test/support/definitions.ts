import type { RenderedPod } from './rendered-pod';

/** The parts of a definitions file that tests look at. */
export interface Definitions {
  readonly users: readonly { readonly name: string }[];
  readonly vhosts: readonly { readonly name: string }[];
  readonly queues: readonly { readonly name: string }[];
  readonly policies: readonly { readonly name: string; readonly definition: Readonly<Record<string, unknown>> }[];
}

export function parseDefinitions(pod: RenderedPod): Definitions {
  return JSON.parse(pod.config['definitions.json'] ?? '{}') as Definitions;
}

/** Names that a client of the broker needs. */
export function definitionsOf(pod: RenderedPod): { virtualHost: string; queues: string[] } {
  const { vhosts, queues } = parseDefinitions(pod);
  return { virtualHost: vhosts[0]?.name ?? '/', queues: queues.map(({ name }) => name) };
}
