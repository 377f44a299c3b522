import { readFileSync } from 'node:fs';

/**
 * How the nodes of a cluster are kept apart. In network namespaces, each with the rendered ports, networks can be cut; that takes root.
 * Loopback addresses take no rights.
 */
export type ClusterForm = 'namespaces' | 'loopback';

/** CAP_NET_ADMIN and CAP_SYS_ADMIN of capabilities(7): what network namespaces and mounts in them take. */
const NEEDED = (1n << 12n) | (1n << 21n);

/** What this machine permits; WARREN_TEST_CLUSTER=loopback chooses the other one where both would do. */
export function clusterForm(): ClusterForm {
  const chosen = process.env['WARREN_TEST_CLUSTER'];
  if (chosen === 'loopback') return chosen;
  if (chosen) throw new Error(`WARREN_TEST_CLUSTER is ${chosen}: the only value it takes is loopback`);
  return mayMakeNamespaces() ? 'namespaces' : 'loopback';
}

function mayMakeNamespaces(): boolean {
  try {
    const [, effective = '0'] = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return process.getuid?.() === 0 && (BigInt(`0x${effective}`) & NEEDED) === NEEDED;
  } catch {
    return false;
  }
}
