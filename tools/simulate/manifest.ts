import { ENVIRONMENT } from '../../workers/environment';
import { type Problem, suggest, throwIfAny } from '../../workers/problems';
import { FORMULA_RULE, parseFormula } from './formula';
import { type BehaviorInManifest, resolveBehavior } from './hpa-behavior';
import type { ScaledMetric, Scaling, Trigger } from './settings';

/** The fields of an object that count here. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: object;
}

interface TriggerInManifest {
  readonly type: string;
  readonly name?: string;
  readonly metricType?: string;
  readonly useCachedMetrics?: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

interface ScaledObjectSpec {
  readonly scaleTargetRef: { readonly kind?: string; readonly name: string };
  readonly minReplicaCount?: number;
  readonly maxReplicaCount?: number;
  readonly idleReplicaCount?: number;
  readonly pollingInterval?: number;
  readonly cooldownPeriod?: number;
  readonly advanced?: {
    readonly horizontalPodAutoscalerConfig?: { readonly behavior?: BehaviorInManifest };
    readonly scalingModifiers?: {
      readonly formula?: string;
      readonly target?: string;
      readonly activationTarget?: string;
      readonly metricType?: string;
    };
  };
  readonly triggers: readonly TriggerInManifest[];
}

interface DeploymentSpec {
  readonly template: {
    readonly spec: {
      readonly terminationGracePeriodSeconds?: number;
      readonly containers: readonly { readonly env?: readonly { readonly name: string; readonly value?: string }[] }[];
    };
  };
}

/** A group of workers with the autoscaler that a manifest gives it. */
export interface Group {
  readonly name: string;
  readonly scaling: Scaling;
  /** `undefined`: the manifest does not say. */
  readonly concurrency: number | undefined;
  readonly drainSeconds: number;
  /** What the manifest has and the model leaves out. */
  readonly leftOut: readonly string[];
}

/** KEDA's and Kubernetes' own defaults (ScaledObject and pod specifications). */
const DEFAULTS = { min: 0, max: 100, pollingSeconds: 30, cooldownSeconds: 300, gracePeriodSeconds: 30 } as const;

/**
 * Reads the ScaledObject and the Deployment of one group.
 * @param group end of the Deployment's name; `undefined`: the first Deployment that is scaled
 * @throws InvalidConfiguration when there is no such group, or its autoscaler is one the model does not know
 */
export function readGroup(objects: readonly Manifest[], file: string, group: string | undefined): Group {
  const scaled = objects.filter(({ kind }) => kind === 'ScaledObject').map((object) => ({ object, spec: object.spec as ScaledObjectSpec }));
  const names = scaled.map(({ spec }) => spec.scaleTargetRef.name);
  const name = group === undefined ? names[0] : names.find((each) => each === group || each.endsWith(`-${group}`));
  const found = scaled.find(({ spec }) => spec.scaleTargetRef.name === name);
  if (name === undefined || found === undefined) {
    const fix =
      names.length === 0
        ? 'name a manifest with a ScaledObject'
        : suggest(
            group ?? '',
            names.map((each) => each.split('-').at(-1) ?? each),
          );
    throwIfAny([{ path: `${file} --group`, got: group, rule: 'must be a group of workers that a ScaledObject scales', fix }]);
    throw new Error('unreachable');
  }
  const path = `${file} ScaledObject/${found.object.metadata.name}`;
  const { leftOut, ...scaling } = readScaling(found.spec, path);
  return { name, ...scaling, ...readDeployment(objects, found.object, name), leftOut: [...leftOut, ...pausesOf(found.object)] };
}

function pausesOf({ metadata }: Manifest): string[] {
  return Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('autoscaling.keda.sh/paused'));
}

function readDeployment(objects: readonly Manifest[], { metadata }: Manifest, name: string): Pick<Group, 'concurrency' | 'drainSeconds'> {
  const deployment = objects.find(
    (other) => other.kind === 'Deployment' && other.metadata.name === name && other.metadata.namespace === metadata.namespace,
  );
  const pod = (deployment?.spec as DeploymentSpec | undefined)?.template.spec;
  const valueOf = (variable: string): number | undefined => {
    const value = pod?.containers.flatMap(({ env = [] }) => env).find((each) => each.name === variable)?.value;
    return value === undefined ? undefined : Number(value);
  };
  return {
    concurrency: valueOf(ENVIRONMENT.concurrency),
    drainSeconds: valueOf(ENVIRONMENT.drainSeconds) ?? pod?.terminationGracePeriodSeconds ?? DEFAULTS.gracePeriodSeconds,
  };
}

function readScaling(spec: ScaledObjectSpec, path: string): Pick<Group, 'scaling' | 'leftOut'> {
  const problems: Problem[] = [];
  const known = spec.triggers.filter(isKnown);
  const least = spec.minReplicaCount ?? DEFAULTS.min;
  const behavior = spec.advanced?.horizontalPodAutoscalerConfig?.behavior;
  const triggers = known.map((trigger, index) => readTrigger(trigger, index, known[0]?.metadata['queueName']));
  if (triggers.length === 0)
    problems.push({
      path: `${path} triggers`,
      got: spec.triggers.map(({ type }) => type),
      rule: 'must have one of type rabbitmq and mode QueueLength or MessageRate',
      fix: 'simulate another group',
    });
  const metrics = readMetrics(spec, known, triggers, path, problems);
  throwIfAny(problems);
  return {
    scaling: {
      min: Math.max(1, least),
      max: spec.maxReplicaCount ?? DEFAULTS.max,
      behavior: behavior && resolveBehavior(behavior),
      sleeps: least === 0 || spec.idleReplicaCount === 0,
      pollingSeconds: spec.pollingInterval ?? DEFAULTS.pollingSeconds,
      cooldownSeconds: spec.cooldownPeriod ?? DEFAULTS.cooldownSeconds,
      triggers,
      metrics,
    },
    leftOut: spec.triggers.filter((trigger) => !isKnown(trigger)).map(({ type, name }) => `trigger ${name ?? type} (${type})`),
  };
}

function isKnown({ type, metadata }: TriggerInManifest): boolean {
  return type === 'rabbitmq' && ['QueueLength', 'MessageRate'].includes(modeOf(metadata));
}

function modeOf(metadata: TriggerInManifest['metadata']): string {
  return metadata['mode'] ?? 'QueueLength';
}

/** All tasks of a load are in the queue of the first trigger. */
function readTrigger({ name, metadata, useCachedMetrics }: TriggerInManifest, index: number, firstQueue: string | undefined): Trigger {
  const { protocol = 'auto', host = '', excludeUnacknowledged, queueName } = metadata;
  const overHttp = protocol === 'http' || (protocol === 'auto' && host.startsWith('http'));
  // Over AMQP KEDA declares the queue passively, and the answer has the ready messages only.
  const measuresLength = overHttp && excludeUnacknowledged !== 'true' ? 'all' : 'waiting';
  return {
    name: name ?? `trigger${index}`,
    overHttp,
    measures: modeOf(metadata) === 'MessageRate' ? 'rate' : measuresLength,
    cached: useCachedMetrics ?? false,
    seesQueue: queueName === firstQueue,
  };
}

function readMetrics(
  { advanced, triggers: others }: ScaledObjectSpec,
  known: readonly TriggerInManifest[],
  triggers: readonly Trigger[],
  path: string,
  problems: Problem[],
): ScaledMetric[] {
  const check = (type: string | undefined, where: string): void => {
    if (type !== undefined && type !== 'AverageValue')
      problems.push({
        path: `${path} ${where}.metricType`,
        got: type,
        rule: 'must be AverageValue, the model knows no other',
        fix: 'simulate another group',
      });
  };
  const { formula, target, activationTarget, metricType } = advanced?.scalingModifiers ?? {};
  if (formula !== undefined) {
    check(metricType, 'scalingModifiers');
    try {
      // Triggers that are not simulated count as 0.
      const names = [...triggers, ...others].flatMap(({ name }) => name ?? []);
      const valueOf = parseFormula(formula, names);
      return [{ valueOf, target: Number(target), activation: Number(activationTarget ?? 0) }];
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      problems.push({
        path: `${path} scalingModifiers.formula`,
        got: formula,
        rule: `${what}; here it ${FORMULA_RULE}`,
        fix: 'simulate a group with a simpler one',
      });
      return [];
    }
  }
  return known.map(({ metadata, metricType: type }, index) => {
    check(type, `triggers[${index}]`);
    const name = triggers[index]?.name ?? '';
    // 20 is KEDA's default for a trigger without mode and value.
    const value = metadata['value'] ?? metadata['queueLength'] ?? '20';
    return { valueOf: (values) => values[name] ?? 0, target: Number(value), activation: Number(metadata['activationValue'] ?? 0) };
  });
}
