import type { Settings } from './settings';

/** Grace period of a pod that says nothing about it. */
const DEFAULT_GRACE_SECONDS = 30;

/**
 * What tutorials show for the same group, each value as they have it: length 5 for each worker whatever it runs at once, a look every 3 s,
 * over AMQP (waiting messages only), no `behavior` or one that scales down at once, the default grace period, no deletion cost. Range,
 * concurrency and start time are those of the given group.
 */
export function tutorialsOf({ scaling, pods, seed }: Settings): Settings[] {
  const tutorial = {
    ...scaling,
    pollingSeconds: 3,
    cooldownSeconds: 300,
    triggers: [{ name: 'queue', measures: 'waiting', overHttp: false, cached: false, seesQueue: true } as const],
    metrics: [{ valueOf: (values: Readonly<Record<string, number>>) => values['queue'] ?? 0, target: 5, activation: 0 }],
  };
  const inGeneral = { seed, pods: { ...pods, drainSeconds: DEFAULT_GRACE_SECONDS, deletionCost: false } };
  const atOnce = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  } as const;
  const upAsUsual = { ...atOnce, policies: [...atOnce.policies, { type: 'Pods', value: 4, periodSeconds: 15 }] } as const;
  return [
    { ...inGeneral, title: 'tutorial, default window (300 s)', scaling: { ...tutorial, behavior: undefined } },
    { ...inGeneral, title: 'tutorial, window 0', scaling: { ...tutorial, behavior: { scaleUp: upAsUsual, scaleDown: atOnce } } },
  ];
}
