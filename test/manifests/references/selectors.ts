import { idOf, podTemplateOf } from '../../support/manifests';
import { type Inventory, type Labels, type Pod, selects } from './inventory';

/** Every selector selects the pods it is meant for, and a StatefulSet's Service names its pods. */
export function selectorProblems(inventory: Inventory): string[] {
  const { pods } = inventory;
  const nobody = (id: string, what: string, selector: Labels | undefined) =>
    pods.some((pod) => selects(selector, pod.labels)) ? [] : [`${id}: ${what} ${JSON.stringify(selector)} selects no pod`];
  return [
    ...inventory.ofKind('Service').flatMap((service) => nobody(idOf(service), 'selector', service.spec.selector)),
    ...inventory.ofKind('PodDisruptionBudget').flatMap((budget) => nobody(idOf(budget), 'selector', budget.spec.selector.matchLabels)),
    ...pods.flatMap((pod) => [...ownSelectorProblems(pods, pod), ...placementProblems(pod), ...serviceNameProblems(inventory, pod)]),
  ];
}

function ownSelectorProblems(pods: readonly Pod[], { id, labels, owner }: Pod): string[] {
  // A Job gets its selector from Kubernetes.
  if (owner.kind === 'Job' || owner.kind === 'ScaledJob') return [];
  const selector = owner.spec.selector.matchLabels;
  const strangers = pods.filter((other) => other.id !== id && selects(selector, other.labels));
  return [
    ...(selects(selector, labels) ? [] : [`${id}: selector ${JSON.stringify(selector)} does not select its own pods`]),
    ...strangers.map((other) => `${id}: selector also selects the pods of ${other.id}`),
  ];
}

function placementProblems({ id, labels, owner }: Pod): string[] {
  const { affinity, topologySpreadConstraints = [] } = podTemplateOf(owner).spec;
  const terms = [...topologySpreadConstraints, ...(affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])];
  return terms
    .filter((term) => !selects(term.labelSelector.matchLabels, labels))
    .map(
      (term) => `${id}: placement by ${term.topologyKey} looks for ${JSON.stringify(term.labelSelector.matchLabels)}, not for its own pods`,
    );
}

function serviceNameProblems(inventory: Inventory, { id, labels, owner }: Pod): string[] {
  if (owner.kind !== 'StatefulSet') return [];
  const { serviceName } = owner.spec;
  const service = inventory.named('Service', serviceName);
  if (!service) return [`${id}: no Service/${serviceName}`];
  if (service.spec.clusterIP !== 'None') return [`${id}: Service/${serviceName} is not headless`];
  return selects(service.spec.selector, labels) ? [] : [`${id}: Service/${serviceName} does not select its pods`];
}
