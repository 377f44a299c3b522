import { idOf } from '../../support/manifests';
import type { Inventory } from './inventory';

/** A ValidatingAdmissionPolicy is bound, and watches objects that the manifest has, in the namespace that it makes. */
export function admissionProblems(inventory: Inventory): string[] {
  const policies = inventory.ofKind('ValidatingAdmissionPolicy');
  const bindings = inventory.ofKind('ValidatingAdmissionPolicyBinding');
  const names: string[] = inventory.objects.map(({ metadata }) => metadata.name);
  return [
    ...bindings
      .filter(({ spec }) => !inventory.named('ValidatingAdmissionPolicy', spec.policyName))
      .map((binding) => `${idOf(binding)}: no ValidatingAdmissionPolicy/${binding.spec.policyName}`),
    ...policies.flatMap((policy) => {
      const { namespaceSelector, resourceRules } = policy.spec.matchConstraints;
      const namespace = namespaceSelector.matchLabels['kubernetes.io/metadata.name'];
      const watched: string[] = resourceRules.flatMap(({ resourceNames = [] }: { resourceNames?: string[] }) => resourceNames);
      const conditions: { expression: string }[] = policy.spec.matchConditions ?? [];
      const accounts = conditions.flatMap(({ expression }) =>
        [...expression.matchAll(/system:serviceaccount:([\w-]+):([\w.-]+)/g)].map(([, of = '', name = '']) => ({ of, name })),
      );
      return [
        ...accounts
          .filter(({ of, name }) => of !== namespace || !inventory.named('ServiceAccount', name))
          .map(({ name }) => `${idOf(policy)}: is about ServiceAccount/${name}, which is not there`),
        ...(bindings.some(({ spec }) => spec.policyName === policy.metadata.name) ? [] : [`${idOf(policy)}: is bound by nothing`]),
        ...(inventory.named('Namespace', namespace) ? [] : [`${idOf(policy)}: no Namespace/${namespace}`]),
        ...watched.filter((name) => !names.includes(name)).map((name) => `${idOf(policy)}: watches ${name}, which is not there`),
      ];
    }),
  ];
}
