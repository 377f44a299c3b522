import type { k8s } from 'cdk8s-plus-27';
import { nodeSelectorRule } from './metadata';
import { givenAsIs, integer, join, list, objectName, oneOf, optional, problem, type Rule, type Shape, shape, text } from './rules';

/** A taint that pods put up with; the words are Kubernetes'. */
export interface Toleration {
  /** Taint's key; every taint when left out, together with operator `Exists`. */
  readonly key?: string;
  /** @default 'Equal' */
  readonly operator?: 'Equal' | 'Exists';
  readonly value?: string;
  /** @default - every effect */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  /** Seconds before a pod leaves a machine with such a taint, with effect `NoExecute` only. */
  readonly tolerationSeconds?: number;
}

/** Which machines may run pods, and which pods go first. */
export interface MachineOptions {
  /**
   * Labels that a machine must have (Kubernetes documentation, assigning pods to nodes).
   * @default - any machine
   */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /**
   * Taints that the pods put up with (Kubernetes documentation, taints and tolerations).
   * @default - none
   */
  readonly tolerations?: readonly Toleration[];
  /**
   * PriorityClass of the pods; one with a high value keeps them when a machine runs out of room (Kubernetes documentation, pod
   * priority).
   * @default - the cluster's default class
   */
  readonly priorityClassName?: string;
}

/** Wishes beyond a machine's labels and taints, for pods that hold no data. */
export interface PlacementOptions extends MachineOptions {
  /**
   * Nearness to machines and to other pods, in Kubernetes' own form (Kubernetes documentation, affinity and anti-affinity).
   * @default - none
   */
  readonly affinity?: k8s.Affinity;
  /**
   * RuntimeClass of the pods, such as one for gVisor (Kubernetes documentation, runtime class).
   * @default - the machine's default runtime
   */
  readonly runtimeClassName?: string;
}

/** On which machines the nodes of a broker run. */
export interface SchedulingOptions extends MachineOptions {
  /**
   * Whether two broker nodes may be on one machine: `required` never, `preferred` when there is no other; its loss then may cost the
   * majority (Kubernetes documentation, inter-pod affinity).
   * @default 'required'
   */
  readonly antiAffinity?: 'required' | 'preferred';
  /**
   * Whether a node waits when its zone already has more nodes than the others: `DoNotSchedule` waits, `ScheduleAnyway` does not
   * (Kubernetes documentation, topology spread constraints).
   * @default 'ScheduleAnyway'
   */
  readonly zoneSpread?: 'ScheduleAnyway' | 'DoNotSchedule';
}

export const SCHEDULING_DEFAULTS = { antiAffinity: 'required', zoneSpread: 'ScheduleAnyway' } as const satisfies SchedulingOptions;

export type ResolvedScheduling = SchedulingOptions & Required<Pick<SchedulingOptions, keyof typeof SCHEDULING_DEFAULTS>>;

const tolerationShape = shape<Toleration>({
  key: optional(text(/^[\w./-]{1,317}$/, 'must be the key of a taint', 'use one of "kubectl describe node"')),
  operator: optional(oneOf(['Equal', 'Exists'])),
  value: optional(text(/^[\w.-]{0,63}$/, 'must be the value of a taint', 'use one of "kubectl describe node"')),
  effect: optional(oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])),
  tolerationSeconds: optional(integer(0, 86_400, 'seconds')),
});

/** Combinations that the API server refuses. */
const toleration: Rule = (value, path) => {
  const problems = tolerationShape(value, path);
  if (problems.length > 0) return problems;
  const { key, operator = 'Equal', value: wanted, effect, tolerationSeconds } = value as Toleration;
  return [
    ...(key === undefined && operator === 'Equal'
      ? [problem(join(path, 'operator'), operator, 'must be "Exists" without a key', 'name the key, or set operator')]
      : []),
    ...(wanted !== undefined && operator === 'Exists'
      ? [problem(join(path, 'value'), wanted, 'must not be given with operator "Exists"', 'remove it')]
      : []),
    ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [problem(join(path, 'tolerationSeconds'), tolerationSeconds, 'counts with effect "NoExecute" only', 'set effect, or remove it')]
      : []),
  ];
};

const machineFields: Shape<MachineOptions> = {
  nodeSelector: optional(nodeSelectorRule),
  tolerations: optional(list(toleration)),
  priorityClassName: optional(objectName('a PriorityClass')),
};

export const placementFields: Shape<PlacementOptions> = {
  ...machineFields,
  affinity: optional(shape<k8s.Affinity>({ nodeAffinity: givenAsIs, podAffinity: givenAsIs, podAntiAffinity: givenAsIs })),
  runtimeClassName: optional(objectName('a RuntimeClass')),
};

export const schedulingFields: Shape<SchedulingOptions> = {
  ...machineFields,
  antiAffinity: optional(oneOf(['required', 'preferred'])),
  zoneSpread: optional(oneOf(['ScheduleAnyway', 'DoNotSchedule'])),
};

type Machines = Pick<k8s.PodSpec, 'nodeSelector' | 'tolerations' | 'priorityClassName'>;

function machines({ nodeSelector, tolerations, priorityClassName }: MachineOptions): Machines {
  return { nodeSelector, tolerations: tolerations && [...tolerations], priorityClassName };
}

/** Fields of a pod for its wishes; none for none. */
export function placement(options: PlacementOptions): Machines & Pick<k8s.PodSpec, 'affinity' | 'runtimeClassName'> {
  return { ...machines(options), affinity: options.affinity, runtimeClassName: options.runtimeClassName };
}

type Placement = Machines & Pick<k8s.PodSpec, 'affinity' | 'topologySpreadConstraints'>;

/** Fields of a pod that is one of `replicas` with these labels. A single pod has nobody to keep away from. */
export function scheduling(options: ResolvedScheduling, selector: Record<string, string>, replicas: number): Placement {
  const labelSelector = { matchLabels: selector };
  return {
    ...machines(options),
    ...(replicas > 1 && {
      affinity: { podAntiAffinity: antiAffinity(options.antiAffinity, { topologyKey: 'kubernetes.io/hostname', labelSelector }) },
      topologySpreadConstraints: [
        { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, whenUnsatisfiable: options.zoneSpread, labelSelector },
      ],
    }),
  };
}

function antiAffinity(strength: ResolvedScheduling['antiAffinity'], term: k8s.PodAffinityTerm): k8s.PodAntiAffinity {
  return strength === 'required'
    ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
    : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] };
}
