import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { JOB_SCALE_DEFAULTS } from '../../constructs/autoscaling/job-scale';
import { CPU_SCALE_DEFAULTS, FALLBACK_DEFAULTS, SCALE_DEFAULTS } from '../../constructs/autoscaling/scale';
import { FLOWER_DEFAULTS } from '../../constructs/flower';
import { NETWORK_POLICY_DEFAULTS } from '../../constructs/network-policy-options';
import { IMAGE_DEFAULTS } from '../../constructs/images';
import { RABBITMQ_DEFAULTS } from '../../constructs/rabbitmq/options';
import { SERVICE_DEFAULTS } from '../../constructs/rabbitmq/services';
import { RETENTION_DEFAULTS } from '../../constructs/rabbitmq/storage';
import { WORKER_DEFAULTS } from '../../constructs/task-cluster';
import { QUEUE_DEFAULTS, TOPOLOGY_DEFAULTS } from '../../workers/topology';
import { REPOSITORY } from '../support/manifests';

/** Optional fields of an interface with the text behind their `@default`. */
function documentedDefaults(file: string, name: string): [field: string, documented: string | undefined][] {
  const source = readFileSync(join(REPOSITORY, file), 'utf8');
  const [, body = ''] = new RegExp(`^export interface ${name}(?:<[^{]*>)?(?: extends [^{]*)? \\{\\n(.*?)^\\}`, 'ms').exec(source) ?? [];
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
  ['QueueDeclaration', 'workers/topology.ts', QUEUE_DEFAULTS, 5],
  ['TopologyDeclaration', 'workers/topology.ts', TOPOLOGY_DEFAULTS, 2],
  ['WorkerGroup', 'constructs/task-cluster.ts', WORKER_DEFAULTS, 5],
  ['RabbitmqClusterOptions', 'constructs/rabbitmq/options.ts', RABBITMQ_DEFAULTS, 8],
  ['ReleaseOptions', 'constructs/rabbitmq/release.ts', RABBITMQ_DEFAULTS, 4],
  ['StorageOptions', 'constructs/rabbitmq/storage.ts', RABBITMQ_DEFAULTS, 4],
  ['Retention', 'constructs/rabbitmq/storage.ts', RETENTION_DEFAULTS, 2],
  ['SchedulingOptions', 'constructs/scheduling.ts', RABBITMQ_DEFAULTS, 5],
  ['NetworkOptions', 'constructs/rabbitmq/services.ts', {}, 3],
  ['ClientService', 'constructs/rabbitmq/services.ts', SERVICE_DEFAULTS, 2],
  ['ShutdownOptions', 'constructs/rabbitmq/shutdown.ts', RABBITMQ_DEFAULTS, 2],
  ['ImageOptions', 'constructs/images.ts', IMAGE_DEFAULTS, 3],
  ['MetadataOptions', 'constructs/metadata.ts', {}, 2],
  ['NetworkPolicyOptions', 'constructs/network-policy-options.ts', NETWORK_POLICY_DEFAULTS, 7],
  ['Scale', 'constructs/autoscaling/scale.ts', SCALE_DEFAULTS, 11],
  ['FallbackOptions', 'constructs/autoscaling/scale.ts', FALLBACK_DEFAULTS, 2],
  ['CpuScale', 'constructs/autoscaling/scale.ts', CPU_SCALE_DEFAULTS, 1],
  ['JobScale', 'constructs/autoscaling/job-scale.ts', JOB_SCALE_DEFAULTS, 5],
  ['JobHistory', 'constructs/autoscaling/job-scale.ts', JOB_SCALE_DEFAULTS.history, 2],
  ['Budget', 'constructs/autoscaling/budget.ts', {}, 2],
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
