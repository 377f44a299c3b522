import { idOf, type Manifest, podTemplateOf } from '../support/manifests';

/** What one rule has against one object. */
export interface Problem {
  /** `Deployment/tasks-flower` */
  readonly object: string;
  /** Which part of it, where there are several: a container, a port, a line. */
  readonly detail: string;
}

/** One check of one linter, asked of everything that is applied together. */
export interface Rule {
  /** Identifier that the linter itself prints; with the linter's name before it where that does not show. */
  readonly id: string;
  /** What the linter wants. */
  readonly says: string;
  readonly check: (objects: readonly Manifest[]) => Problem[];
}

export interface Finding extends Problem {
  readonly rule: string;
}

/** Pods of a Deployment, StatefulSet and the like, with what linters look at. */
export interface Workload {
  readonly owner: Manifest;
  /** Specification of the pod. */
  readonly pod: any;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** `undefined`: left to an autoscaler, or 1. */
  readonly replicas: number | undefined;
  readonly containers: readonly any[];
  readonly initContainers: readonly any[];
}

export function workloadsOf(objects: readonly Manifest[]): Workload[] {
  return objects
    .filter((object) => podTemplateOf(object)?.spec?.containers)
    .map((owner) => {
      const { metadata = {}, spec: pod } = podTemplateOf(owner);
      return {
        owner,
        pod,
        labels: metadata.labels ?? {},
        annotations: metadata.annotations ?? {},
        replicas: owner.spec.replicas,
        containers: pod.containers,
        initContainers: pod.initContainers ?? [],
      };
    });
}

export type Check = Rule['check'];
export type ContainerFact = (container: any, workload: Workload) => boolean;
export type WorkloadFact = (workload: Workload, objects: readonly Manifest[]) => boolean;

/** Every container must be so, init containers too. */
export function containers(fits: ContainerFact): Check {
  return check((workload) => [...workload.initContainers, ...workload.containers], fits);
}

/** Every container that stays must be so: neither init containers nor those of a Job, which end by themselves. */
export function mainContainers(fits: ContainerFact): Check {
  return check(({ owner, containers }) => (['Job', 'ScaledJob'].includes(owner.kind) ? [] : containers), fits);
}

/** Every workload must be so, or every one of a kind. */
export function workloads(fits: WorkloadFact, kind?: string): Check {
  return (objects) =>
    workloadsOf(objects)
      .filter(({ owner }) => kind === undefined || owner.kind === kind)
      .filter((workload) => !fits(workload, objects))
      .map(({ owner }) => ({ object: idOf(owner), detail: '' }));
}

/** Every object of a kind must be so. */
export function objectsOf(kind: string, fits: (object: Manifest, objects: readonly Manifest[]) => boolean): Check {
  return (objects) =>
    objects.filter((object) => object.kind === kind && !fits(object, objects)).map((object) => ({ object: idOf(object), detail: '' }));
}

/** What a set of rules has against these objects. */
export function findingsOf(rules: readonly Rule[], objects: readonly Manifest[]): Finding[] {
  return rules.flatMap(({ id, check: ask }) => ask(objects).map((problem) => ({ rule: id, ...problem })));
}

/** `CKV_K8S_22 Deployment/tasks-flower`: how findings are compared, as linters differ in the details. */
export function keyOf({ rule, object }: Pick<Finding, 'rule' | 'object'>): string {
  return `${rule} ${unhashed(object)}`;
}

/** A Job's name ends with a hash of what it does, which is not what a rule is about. */
export function unhashed(object: string): string {
  return object.replace(/^(Job\/.*)-[0-9a-f]{10}$/, '$1');
}

export function keysOf(findings: readonly Pick<Finding, 'rule' | 'object'>[]): Set<string> {
  return new Set(findings.map(keyOf));
}

function check(of: (workload: Workload) => readonly any[], fits: ContainerFact): Check {
  return (objects) =>
    workloadsOf(objects).flatMap((workload) =>
      of(workload)
        .filter((container) => !fits(container, workload))
        .map(({ name }) => ({ object: idOf(workload.owner), detail: `container ${name}` })),
    );
}
