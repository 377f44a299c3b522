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
import { DISRUPTION_BUDGET_DEFAULTS } from '../../constructs/workers/disruption-budget';
import { WORKER_OPTION_DEFAULTS } from '../../constructs/workers/options';
import { PROBE_DEFAULTS } from '../../constructs/workers/probes';
import { ROLLOUT_DEFAULTS } from '../../constructs/workers/rollout';
import { SIDECAR_DEFAULTS } from '../../constructs/workers/sidecar';
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
  ['QueueDeclaration', 'workers/topology.ts', QUEUE_DEFAULTS, 6],
  ['TopologyDeclaration', 'workers/topology.ts', TOPOLOGY_DEFAULTS, 3],
  ['WorkerGroup', 'constructs/task-cluster.ts', WORKER_DEFAULTS, 6],
  ['RabbitmqClusterOptions', 'constructs/rabbitmq/options.ts', RABBITMQ_DEFAULTS, 8],
  ['ReleaseOptions', 'constructs/rabbitmq/release.ts', RABBITMQ_DEFAULTS, 4],
  ['StorageOptions', 'constructs/rabbitmq/storage.ts', RABBITMQ_DEFAULTS, 4],
  ['Retention', 'constructs/rabbitmq/storage.ts', RETENTION_DEFAULTS, 2],
  ['SchedulingOptions', 'constructs/scheduling.ts', RABBITMQ_DEFAULTS, 2],
  ['MachineOptions', 'constructs/scheduling.ts', RABBITMQ_DEFAULTS, 3],
  ['PlacementOptions', 'constructs/scheduling.ts', WORKER_OPTION_DEFAULTS, 2],
  ['WorkerOptions', 'constructs/workers/options.ts', WORKER_OPTION_DEFAULTS, 14],
  ['Rollout', 'constructs/workers/rollout.ts', ROLLOUT_DEFAULTS, 6],
  ['Probes', 'constructs/workers/probes.ts', PROBE_DEFAULTS, 3],
  ['ProbeTimes', 'constructs/workers/probes.ts', {}, 3],
  ['LivenessTimes', 'constructs/workers/probes.ts', {}, 1],
  ['DisruptionBudget', 'constructs/workers/disruption-budget.ts', DISRUPTION_BUDGET_DEFAULTS, 1],
  ['SpreadOptions', 'constructs/workers/spread.ts', WORKER_OPTION_DEFAULTS, 2],
  ['VariableOptions', 'constructs/workers/variables.ts', WORKER_OPTION_DEFAULTS, 3],
  ['VolumeOptions', 'constructs/workers/volumes.ts', WORKER_OPTION_DEFAULTS, 4],
  ['AddedContainerOptions', 'constructs/workers/added-containers.ts', WORKER_OPTION_DEFAULTS, 2],
  ['SidecarOptions', 'constructs/workers/sidecar.ts', SIDECAR_DEFAULTS, 1],
  ['FlowerStorageOptions', 'constructs/flower-storage.ts', {}, 2],
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
