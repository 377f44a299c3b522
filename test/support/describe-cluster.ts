import { readFileSync } from 'node:fs';
import { note } from './notes';
import { INSTALLATION_VARIABLE, type RabbitmqInstallation } from './rabbitmq-installation';
import { describeReal } from './real';

/** CAP_NET_ADMIN and CAP_SYS_ADMIN of capabilities(7): what network namespaces and mounts in them take. */
const NEEDED = (1n << 12n) | (1n << 21n);

const missing = whatIsMissing();
if (missing !== undefined) note(`no tests on three nodes: they need ${missing}`);

/**
 * `describe` for tests that need several nodes of the rendered StatefulSet; where they cannot run, the report says why. They share neither
 * ports nor addresses: one machine's loopback has one epmd, which takes each of the equal names `rabbit` once.
 */
export const describeCluster: jest.Describe = missing === undefined ? describeReal : describe.skip;

function whatIsMissing(): string | undefined {
  const { kind } = JSON.parse(process.env[INSTALLATION_VARIABLE] ?? '{}') as Partial<RabbitmqInstallation>;
  if (kind === 'docker' || kind === 'external') return `RabbitMQ in a folder of this machine (it is ${kind})`;
  return mayMakeNamespaces() ? undefined : 'root with the capabilities to make network namespaces';
}

function mayMakeNamespaces(): boolean {
  try {
    const [, effective = '0'] = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return process.getuid?.() === 0 && (BigInt(`0x${effective}`) & NEEDED) === NEEDED;
  } catch {
    return false;
  }
}
