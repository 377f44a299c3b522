import type { k8s } from 'cdk8s-plus-27';
import type { Problem } from '../../workers/problems';
import { annotationsRule, labelsRule } from '../metadata';
import type { Resources } from '../pod';
import { amountOf } from '../quantity';
import { distinct, flag, givenAsIs, join, list, objectName, optional, problem, type Shape, shape } from '../rules';
import { placementFields } from '../scheduling';
import { addedContainerFields, addedContainerProblems, addedMounts } from './added-containers';
import { childrenRule } from './children';
import { HEALTH_PORT } from './container';
import { disruptionBudgetProblems, disruptionBudgetRule } from './disruption-budget';
import type { WorkerOptions } from './options';
import { probesRule } from './probes';
import { rolloutRule } from './rollout';
import { spreadFields } from './spread';
import { variableFields, variableProblems } from './variables';
import { volumeFields, volumeProblems } from './volumes';

/** Rules for each option of a worker group's pods. */
export const workerOptionFields: Shape<WorkerOptions> = {
  ...placementFields,
  ...spreadFields,
  ...variableFields,
  ...volumeFields,
  ...addedContainerFields,
  rollout: optional(rolloutRule),
  probes: optional(probesRule),
  disruptionBudget: optional(disruptionBudgetRule),
  safeToEvict: optional(flag),
  deletionCost: optional(flag),
  children: optional(childrenRule),
  waitForBroker: optional(flag),
  podLabels: optional(labelsRule),
  podAnnotations: optional(annotationsRule),
  imagePullSecrets: optional(distinct(list(objectName('a Secret')))),
  serviceAccountName: optional(objectName('a ServiceAccount')),
  serviceAccountAnnotations: optional(annotationsRule),
  hostAliases: optional(list(shape<k8s.HostAlias>({ ip: givenAsIs, hostnames: givenAsIs }))),
  dnsConfig: optional(shape<k8s.PodDnsConfig>({ nameservers: givenAsIs, searches: givenAsIs, options: givenAsIs })),
};

interface Sized {
  readonly resources?: Resources;
}

/** Measured: a worker at rest takes 55 MiB; with the heap of `heapMebibytes` full, 96Mi are passed and 128Mi are not. */
const LEAST_MEMORY = '128Mi';

/**
 * Options that are right by themselves and wrong together.
 * @param mostWorkers largest number of workers the group may have
 */
export function workerOptionProblems(options: WorkerOptions & Sized, mostWorkers: number, path: string): Problem[] {
  return [
    ...memoryProblems(options, path),
    ...variableProblems(options, path),
    ...volumeProblems(options, addedMounts(options), path),
    ...addedContainerProblems(options, HEALTH_PORT, path),
    ...disruptionBudgetProblems(options.disruptionBudget, mostWorkers, join(path, 'disruptionBudget')),
    ...accountProblems(options, path),
  ];
}

function memoryProblems({ resources }: Sized, path: string): Problem[] {
  if (!resources || amountOf(resources.memory) >= amountOf(LEAST_MEMORY)) return [];
  const rule = `must be at least ${LEAST_MEMORY} (a worker at rest takes 55 MiB, and its heap must fit in)`;
  return [problem(join(path, 'resources', 'memory'), resources.memory, rule, 'raise it')];
}

function accountProblems({ serviceAccountName, serviceAccountAnnotations }: WorkerOptions, path: string): Problem[] {
  if (serviceAccountName === undefined || serviceAccountAnnotations === undefined) return [];
  const rule = `is for the group's own account, but ${serviceAccountName} is another's`;
  return [problem(join(path, 'serviceAccountAnnotations'), serviceAccountAnnotations, rule, 'annotate that account where it is made')];
}
