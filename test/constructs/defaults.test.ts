import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { FLOWER_DEFAULTS } from '../../constructs/flower';
import { NETWORK_POLICY_DEFAULTS } from '../../constructs/network-policy-options';
import { RABBITMQ_DEFAULTS } from '../../constructs/rabbitmq-cluster';
import { WORKER_DEFAULTS } from '../../constructs/task-cluster';
import { QUEUE_DEFAULTS, TOPOLOGY_DEFAULTS } from '../../workers/topology';
import { REPOSITORY } from '../support/manifests';

/** Optional fields of an interface with the text behind their `@default`. */
function documentedDefaults(file: string, name: string): [field: string, documented: string | undefined][] {
  const source = readFileSync(join(REPOSITORY, file), 'utf8');
  const [, body = ''] = new RegExp(`^export interface ${name}(?:<[^{]*>)? \\{\\n(.*?)^\\}`, 'ms').exec(source) ?? [];
  return [...body.matchAll(/\/\*\*(.*?)\*\/\s+readonly (\w+)\?:/gs)].map(([, comment = '', field = '']) => [
    field,
    /@default (.*?)\s*(?:\*|$)/m.exec(comment)?.[1],
  ]);
}

/** `20 - why` is the value 20; `- what happens` is no value. */
function valueOf(documented: string): unknown {
  const [literal = ''] = documented.split(/(?:^|\s)- /);
  return literal === '' ? undefined : runInNewContext(`(${literal})`);
}

describe.each<[name: string, file: string, defaults: Readonly<Record<string, unknown>>, fields: number]>([
  ['QueueDeclaration', 'workers/topology.ts', QUEUE_DEFAULTS, 4],
  ['TopologyDeclaration', 'workers/topology.ts', TOPOLOGY_DEFAULTS, 2],
  ['WorkerGroup', 'constructs/task-cluster.ts', WORKER_DEFAULTS, 5],
  ['RabbitmqClusterOptions', 'constructs/rabbitmq-cluster.ts', RABBITMQ_DEFAULTS, 8],
  ['NetworkPolicyOptions', 'constructs/network-policy-options.ts', NETWORK_POLICY_DEFAULTS, 7],
  ['FlowerOptions', 'constructs/flower.ts', FLOWER_DEFAULTS, 3],
])('%s', (name, file, defaults, fields) => {
  const documented = documentedDefaults(file, name);

  test('documents the default of every optional field', () => {
    expect(documented.length).toBeGreaterThanOrEqual(fields);
    expect(documented.filter(([, text]) => text === undefined)).toEqual([]);
  });

  test('has the defaults that it documents', () => {
    for (const [field, text = ''] of documented) expect([field, defaults[field] ?? undefined]).toEqual([field, valueOf(text)]);
  });
});
