#!/usr/bin/env node
import { statSync } from 'node:fs';
import { Yaml } from 'cdk8s';
import { amountOf } from '../constructs/quantity';

interface Pod {
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName: string } }[];
  };
}

interface Container {
  /** `Always`: goes on running beside the pod's containers. */
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string | number>> };
}

/** The fields of an object that count here. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: Pod;
    /** Of a ScaledJob. */
    readonly jobTargetRef?: { readonly template: Pod };
    /** Of a RabbitmqCluster, of each node. */
    readonly resources?: Container['resources'];
    /** Of a PersistentVolumeClaim. */
    readonly accessModes?: readonly string[];
    readonly persistence?: { readonly storage?: string | number };
    readonly volumeClaimTemplates?: readonly { readonly spec: Container }[];
    readonly scaleTargetRef?: { readonly kind?: string; readonly name: string };
    readonly minReplicaCount?: number;
    readonly maxReplicaCount?: number;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
  };
}

/** What runs pods: a StatefulSet, a Deployment, a ScaledJob, or a RabbitmqCluster, whose pods the cluster operator makes. */
export interface Workload {
  readonly name: string;
  /** Whether its pods run tasks. */
  readonly isWorker: boolean;
  /** Pods while the queues are empty. */
  readonly atRest: number;
  /** Pods when the autoscaler has added all it may. */
  readonly atMost: number;
  /** Cores one pod requests. */
  readonly cpu: number;
  /** Bytes of memory one pod requests. */
  readonly memory: number;
  /** Bytes of volumes one pod claims. */
  readonly storage: number;
}

const WORKLOADS = ['StatefulSet', 'Deployment', 'ScaledJob', 'RabbitmqCluster'];
/** Everything of a manifest that runs pods until it is removed, with the range that an autoscaler may scale it over. */
export function workloadsOf(objects: readonly Manifest[]): Workload[] {
  return objects
    .filter(({ kind }) => WORKLOADS.includes(kind))
    .map((object) => ({
      name: object.metadata.name,
      isWorker: object.metadata.labels?.['app.kubernetes.io/component'] === 'worker',
      ...rangeOf(object, objects),
      cpu: requestOfPod(object, 'cpu'),
      memory: requestOfPod(object, 'memory'),
      storage: storageOf(object, objects),
    }));
}

/** The cluster operator's default is 10Gi (RabbitmqCluster specification). */
function storageOf({ kind, spec }: Manifest, objects: readonly Manifest[]): number {
  if (kind === 'RabbitmqCluster') return amountOf(spec?.persistence?.storage ?? '10Gi');
  const mounted = (spec?.template?.spec.volumes ?? []).map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
  // A claim that several pods share is not one for each.
  const claims = objects.filter(
    (object) =>
      object.kind === 'PersistentVolumeClaim' &&
      object.spec?.accessModes?.includes('ReadWriteOnce') &&
      mounted.includes(object.metadata.name),
  );
  const templates = (spec?.volumeClaimTemplates ?? []).map((claim) => claim.spec);
  return sum([...templates, ...claims.map((claim) => claim.spec ?? {})], (claim) => requestOf(claim, 'storage'));
}

/** What a manifest asks of the cluster, so that a review sees the price of a change. */
export function summaryOf(title: string, objects: readonly Manifest[]): string {
  const workloads = workloadsOf(objects);
  const workers = workloads.filter((workload) => workload.isWorker);
  const kinds = [...new Set(objects.map(({ kind }) => kind))];
  const named = (kind: string) => objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
  return [
    title,
    ...columns(kinds.map((kind) => [kind, named(kind).join(', ')])),
    '',
    ...columns([
      ['at rest - at most', 'pods', 'CPU', 'memory', 'storage'],
      ...workloads.map((workload) => row(workload.name, [workload])),
      row('total', workloads),
    ]),
    '',
    `  workers: ${sum(workers, (each) => each.atRest)} at rest, ${sum(workers, (each) => each.atMost)} at most`,
    '',
  ].join('\n');
}

function row(title: string, workloads: readonly Workload[]): string[] {
  const range = (amount: (workload: Workload) => number, format: (value: number) => string) => {
    const [least, most] = [sum(workloads, (each) => each.atRest * amount(each)), sum(workloads, (each) => each.atMost * amount(each))].map(
      format,
    );
    return least === most ? `${least}` : `${least} - ${most}`;
  };
  return [
    title,
    range(() => 1, String),
    range((each) => each.cpu, cores),
    range((each) => each.memory, bytes),
    range((each) => each.storage, bytes),
  ];
}

/** Fewest and most pods, by the defaults of KEDA (specifications of ScaledObject and ScaledJob) and of Kubernetes. */
function rangeOf(object: Manifest, objects: readonly Manifest[]): Pick<Workload, 'atRest' | 'atMost'> {
  const replicas = object.spec?.replicas ?? 1;
  const scaler = object.kind === 'ScaledJob' ? object : objects.find((other) => scales(other, object));
  if (!scaler) return { atRest: replicas, atMost: replicas };
  const { minReplicaCount = 0, maxReplicaCount = 100, minReplicas = 1, maxReplicas = 1 } = scaler.spec ?? {};
  return scaler.kind === 'HorizontalPodAutoscaler'
    ? { atRest: minReplicas, atMost: maxReplicas }
    : { atRest: minReplicaCount, atMost: maxReplicaCount };
}

function scales({ kind, metadata, spec }: Manifest, target: Manifest): boolean {
  const { kind: targetKind = 'Deployment', name } = spec?.scaleTargetRef ?? {};
  return (
    ['ScaledObject', 'HorizontalPodAutoscaler'].includes(kind) &&
    metadata.namespace === target.metadata.namespace &&
    targetKind === target.kind &&
    name === target.metadata.name
  );
}

/**
 * What the scheduler reserves: all containers that go on running together, or the largest init container, with the native sidecars that
 * started before it, if that is more (Kubernetes documentation, sidecar containers).
 */
function requestOfPod({ spec }: Manifest, resource: string): number {
  if (spec?.resources) return requestOf(spec, resource);
  const { containers = [], initContainers = [] } = (spec?.jobTargetRef ?? spec)?.template?.spec ?? {};
  let sidecars = 0;
  let largest = 0;
  for (const container of initContainers) {
    const request = requestOf(container, resource);
    if (container.restartPolicy === 'Always') sidecars += request;
    largest = Math.max(largest, container.restartPolicy === 'Always' ? sidecars : sidecars + request);
  }
  return Math.max(sidecars + sum(containers, (each) => requestOf(each, resource)), largest);
}

function requestOf({ resources }: Container, resource: string): number {
  return amountOf(resources?.requests?.[resource] ?? 0);
}

function cores(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

function bytes(value: number): string {
  const [factor, unit] = value >= 2 ** 40 ? [2 ** 40, 'Ti'] : value >= 2 ** 30 ? [2 ** 30, 'Gi'] : [2 ** 20, 'Mi'];
  return value === 0 ? '0' : `${Math.round((value / factor) * 100) / 100}${unit}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  return rows.map((cells) => `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd());
}

function sum<T>(values: readonly T[], amount: (value: T) => number): number {
  return values.reduce((total, value) => total + amount(value), 0);
}

/** @throws Error when the file is not there or no Kubernetes manifest */
export function loadManifest(file: string): Manifest[] {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw new Error(`${file}: no such file -> run "npx cdk8s synth" first`);
  const objects: Partial<Manifest>[] = found.isFile() ? Yaml.load(file) : [];
  const isManifest = (object: Partial<Manifest>): object is Manifest => object.kind !== undefined && object.metadata?.name !== undefined;
  if (objects.length === 0 || !objects.every(isManifest))
    throw new Error(`${file}: is not a Kubernetes manifest -> name a file that "npx cdk8s synth" wrote`);
  return objects;
}

/** `warren-summary dist/*.k8s.yaml` */
function main(files: readonly string[]): void {
  try {
    if (files.length === 0) throw new Error('no file given -> summary dist/*.k8s.yaml');
    process.stdout.write(files.map((file) => summaryOf(file, loadManifest(file))).join('\n'));
  } catch (error) {
    console.error(`summary: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

if (require.main === module) main(process.argv.slice(2));
