import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { REMOTE_CONTROL_MODES } from '../workers/environment';
import type { Problem } from '../workers/problems';
import type { BrokerProvider } from './broker';
import { componentUsers } from './broker-users';
import { flowerRule } from './flower';
import { networkPolicyShape } from './network-policy-options';
import { imageFields } from './images';
import { metadataFields } from './metadata';
import type { Resources } from './pod';
import { budgetRule } from './autoscaling/budget';
import { cpuScaleRule } from './autoscaling/cpu-scale-rules';
import { jobScaleRule } from './autoscaling/job-scale';
import { scaleRule } from './autoscaling/scale-rules';
import { overBudget, workerCountProblems } from './autoscaling/worker-count-rules';
import {
  distinct,
  flag,
  image,
  integer,
  isPlainObject,
  join,
  kubernetesName,
  list,
  oneOf,
  optional,
  problem,
  quantity,
  record,
  type Rule,
  shape,
  text,
} from './rules';
import { resultsShape } from './results';
import { SecretSource } from './secrets';
import type { TaskClusterProps, WorkerGroup } from './task-cluster';
import type { TopologyJobOptions } from './topology-job';
import {
  broadcastName,
  declaredBroadcast,
  declaredQueue,
  queuesRule,
  redeliveryDelayProblems,
  routesRule,
  virtualHostRule,
} from './topology-rules';
import { workerOptionFields, workerOptionProblems } from './workers/rules';

/** Everything that is wrong with a declaration and with the place it is put. */
export function taskClusterProblems(scope: Construct, props: TaskClusterProps, provider: BrokerProvider): Problem[] {
  const problems = declarationProblems(scope, props, provider);
  return problems.length > 0 ? problems : overBudget(props);
}

function declarationProblems(scope: Construct, props: TaskClusterProps, provider: BrokerProvider): Problem[] {
  const declared = isPlainObject(props.queues) ? Object.keys(props.queues) : [];
  const brokerRule: Rule = (value, path) =>
    value === undefined || (isPlainObject(value) && typeof value['validate'] === 'function')
      ? provider.validate(path, componentUsers(isPlainObject(props.workers) ? Object.keys(props.workers) : []))
      : [problem(path, value, 'must be a broker', 'write RabbitmqCluster.of({ ... })')];
  return [
    ...shape<TaskClusterProps>({
      ...imageFields,
      ...metadataFields,
      name: optional(kubernetesName),
      image,
      broker: brokerRule,
      virtualHost: optional(virtualHostRule),
      delayedDelivery: optional(flag),
      broadcasts: optional(distinct(list(broadcastName(declared)))),
      queues: queuesRule,
      routes: optional(routesRule(declared)),
      workers: record(kubernetesName, workerGroupRule(declared, Array.isArray(props.broadcasts) ? props.broadcasts : []), 1),
      budget: optional(budgetRule),
      flower: optional(flowerRule),
      results: optional(resultsShape),
      secrets: optional(secretsRule),
      topologyJob: optional(shape<TopologyJobOptions>({ annotations: optional(record(() => [], annotationValue)) })),
      networkPolicies: optional(networkPolicyShape),
    })(props, ''),
    ...workerCountProblems(props, provider),
    ...(provider.delaysRedelivery === false ? redeliveryDelayProblems(props.queues) : []),
    ...tooLong(props),
    ...wrongPlace(scope, props),
  ];
}

const secretsRule: Rule = (value, path) =>
  value instanceof SecretSource
    ? value.validate(path)
    : [problem(path, value, 'must be a source of Secrets', 'write SecretSource.existing()')];

const annotationValue: Rule = text(/^/, 'must be a text', 'put it in quotes');

function workerGroupRule(declared: readonly string[], broadcasts: readonly string[]): Rule {
  const fields = shape<WorkerGroup>({
    ...workerOptionFields,
    queues: distinct(list(declaredQueue(declared), 1)),
    broadcasts: optional(distinct(list(declaredBroadcast(broadcasts)))),
    // RabbitMQ advises against a prefetch over 2000 on quorum queues.
    concurrency: optional(integer(1, 2000)),
    scale: optional(scaleRule),
    hpa: optional(cpuScaleRule),
    jobs: optional(jobScaleRule),
    replicas: optional(integer(0, 1000)),
    resources: optional(shape<Resources>({ cpu: quantity('cpu'), memory: quantity('bytes') })),
    image: optional(image),
    remoteControl: optional(oneOf(REMOTE_CONTROL_MODES)),
    taskEvents: optional(flag),
  });
  return (value, path) => {
    const problems = fields(value, path);
    if (problems.length > 0) return problems;
    const group = value as WorkerGroup;
    const { scale, hpa, jobs, replicas = 1 } = group;
    return workerOptionProblems(group, (scale ?? hpa ?? jobs)?.max ?? replicas, path);
  };
}

/** KEDA names the HorizontalPodAutoscaler `keda-hpa-<ScaledObject>`, and Kubernetes takes 63 characters. */
function tooLong({ name = 'tasks', workers }: TaskClusterProps): Problem[] {
  if (!isPlainObject(workers)) return [];
  const most = 63 - `keda-hpa-${name}-worker-`.length;
  return Object.keys(workers)
    .filter((group) => group.length > most)
    .map((group) =>
      problem(join('workers', group), group, `must have at most ${most} characters (KEDA's names grow from it)`, 'shorten it or name'),
    );
}

/** Addresses hold the namespace, and names must be the chart's only ones. */
function wrongPlace(scope: Construct, { name = 'tasks' }: TaskClusterProps): Problem[] {
  const chart = Chart.of(scope);
  const taken = chart.node.findAll().some((construct) => construct instanceof k8s.KubeConfigMap && construct.name === `${name}-topology`);
  return [
    ...(chart.namespace === undefined
      ? [
          problem(
            'namespace',
            undefined,
            'must be given to the chart: every address holds it',
            "write new Chart(app, 'name', { namespace: '...' })",
          ),
        ]
      : []),
    ...(taken ? [problem('name', name, 'is the name of another task system in this chart', 'give each its own name')] : []),
  ];
}
