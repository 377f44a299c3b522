import type { k8s } from 'cdk8s-plus-27';
import type { PlacementOptions } from '../scheduling';
import type { AddedContainerOptions } from './added-containers';
import type { ChildOptions } from './children';
import type { DisruptionBudget } from './disruption-budget';
import type { Probes } from './probes';
import type { Rollout } from './rollout';
import { SPREAD_DEFAULTS, type SpreadOptions } from './spread';
import type { VariableOptions } from './variables';
import { VOLUME_DEFAULTS, type VolumeOptions } from './volumes';

/** How the pods of one worker group are made, placed and replaced. */
export interface WorkerOptions extends PlacementOptions, SpreadOptions, VariableOptions, VolumeOptions, AddedContainerOptions {
  /**
   * How new workers take the place of old ones.
   * @default {} - see `Rollout`
   */
  readonly rollout?: Rollout;
  /**
   * Times of the probes.
   * @default {} - see `Probes`
   */
  readonly probes?: Probes;
  /**
   * How many workers may be evicted at once. None is needed so that no task is lost: an evicted worker finishes what runs or hands it
   * back. It keeps capacity while nodes are drained, and makes the drain wait for one task after the other.
   * @default - no PodDisruptionBudget
   */
  readonly disruptionBudget?: DisruptionBudget;
  /**
   * Whether the cluster autoscaler may evict workers to remove a machine.
   * @default - true for a grace period of up to 600 s, the longest time the autoscaler waits; false for longer ones
   */
  readonly safeToEvict?: boolean;
  /**
   * Let each worker write its pod's deletion cost, so that scale-in removes idle workers first. Its account may then patch pods, and a
   * ValidatingAdmissionPolicy leaves it only this annotation of its own pod; it reaches the Kubernetes API through the NetworkPolicy.
   * @default - true with a `scale` or `hpa`, else false
   */
  readonly deletionCost?: boolean;
  /**
   * When threads and child processes are replaced.
   * @default {} - never
   */
  readonly children?: ChildOptions;
  /**
   * Start the worker only when the broker takes connections. Not needed: the worker tries by itself, and is unready until it consumes.
   * @default false
   */
  readonly waitForBroker?: boolean;
  /**
   * Labels of the group's pods alone; `labels` of the TaskCluster are for all.
   * @default {}
   */
  readonly podLabels?: Readonly<Record<string, string>>;
  /**
   * Annotations of the group's pods alone; `annotations` of the TaskCluster are for all.
   * @default {}
   */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /**
   * Secrets that the group's images are pulled with, beside those of the TaskCluster.
   * @default []
   */
  readonly imagePullSecrets?: readonly string[];
  /**
   * A ServiceAccount that exists already, for example one that a cloud identity is bound to. A token of it is mounted only
   * for `deletionCost`; with that, whoever uses the account may change nothing of a pod but its own deletion cost. Do not name
   * one that other programs change pods with: give the group `deletionCost: false`.
   * @default - an account of the group's own, `<task system>-worker-<group>`
   */
  readonly serviceAccountName?: string;
  /**
   * Annotations of the group's own account, such as `eks.amazonaws.com/role-arn`. The cloud's webhook mounts its own token.
   * @default {}
   */
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>;
  /**
   * Lines of /etc/hosts, in Kubernetes' own form.
   * @default []
   */
  readonly hostAliases?: readonly k8s.HostAlias[];
  /**
   * Resolver settings beside the cluster's, in Kubernetes' own form. NetworkPolicies let workers ask only the cluster's DNS server.
   * @default - the cluster's
   */
  readonly dnsConfig?: k8s.PodDnsConfig;
}

export const WORKER_OPTION_DEFAULTS = {
  rollout: {},
  probes: {},
  children: {},
  waitForBroker: false,
  podLabels: {},
  podAnnotations: {},
  imagePullSecrets: [],
  serviceAccountAnnotations: {},
  hostAliases: [],
  env: {},
  secretEnv: {},
  nodeOptions: [],
  secretFiles: [],
  volumes: [],
  volumeMounts: [],
  containers: [],
  initContainers: [],
  ...SPREAD_DEFAULTS,
  ...VOLUME_DEFAULTS,
} as const satisfies WorkerOptions;
