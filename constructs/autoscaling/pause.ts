import { integer, isPlainObject, oneOf, type Rule, shape } from '../rules';

/**
 * `true`: the number of workers stays as it is. `{ replicas }`: it becomes that number and stays. `scaleIn`: workers may be added but not
 * removed. `scaleOut`: they may be removed but not added.
 */
export type Pause = true | 'scaleIn' | 'scaleOut' | { readonly replicas: number };

/** Annotations of a ScaledObject (KEDA 2.20 documentation, pausing autoscaling). */
export function pauseAnnotations(pause: Pause | undefined): Record<string, string> | undefined {
  if (pause === undefined) return undefined;
  const [name, value] = annotationOf(pause);
  return { [`autoscaling.keda.sh/${name}`]: value };
}

function annotationOf(pause: Pause): [name: string, value: string] {
  if (pause === true) return ['paused', 'true'];
  if (pause === 'scaleIn') return ['paused-scale-in', 'true'];
  if (pause === 'scaleOut') return ['paused-scale-out', 'true'];
  return ['paused-replicas', String(pause.replicas)];
}

const kind = oneOf([true, 'scaleIn', 'scaleOut'], 'remove it to let scaling go on, or write { replicas: 0 }');
const pausedReplicas = shape<{ replicas: number }>({ replicas: integer(0, 1000) });

export const pauseRule: Rule = (value, path) => (isPlainObject(value) ? pausedReplicas(value, path) : kind(value, path));
