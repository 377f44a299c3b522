import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { throwIfAny } from '../../workers/problems';
import { problem } from '../rules';

/**
 * Two autoscalers of one Deployment would undo each other's work; KEDA's admission refuses the second one, if it is there to do so.
 * @throws InvalidConfiguration when another object of the chart scales the target already
 */
export function refuseSecondScaler(scope: Construct, target: string): void {
  const other = Chart.of(scope)
    .node.findAll()
    .find((construct) => ApiObject.isApiObject(construct) && scales(construct, target));
  if (!other) return;
  const rule = `is scaled already, by ${(other as ApiObject).kind} ${(other as ApiObject).name}`;
  throwIfAny([problem('target', target, rule, 'remove one of the two')]);
}

function scales(object: ApiObject, target: string): boolean {
  return ['ScaledObject', 'HorizontalPodAutoscaler'].includes(object.kind) && object.toJson().spec.scaleTargetRef.name === target;
}
