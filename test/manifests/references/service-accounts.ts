import { podTemplateOf } from '../../support/manifests';
import type { Inventory } from './inventory';

/** Every account a pod runs under, and every account and role a binding names, is rendered. */
export function serviceAccountProblems(inventory: Inventory): string[] {
  const pods = inventory.pods.flatMap(({ id, owner }) => {
    const account: string | undefined = podTemplateOf(owner).spec.serviceAccountName;
    return account === undefined || inventory.named('ServiceAccount', account)
      ? []
      : [`${id}: runs under ServiceAccount/${account}, which is not rendered`];
  });
  const bindings = inventory.ofKind('RoleBinding').flatMap((binding) => {
    const { roleRef, subjects } = binding as unknown as { roleRef: Reference; subjects: readonly Reference[] };
    return [roleRef, ...subjects]
      .filter(({ kind, name }) => !inventory.named(kind, name))
      .map(({ kind, name }) => `RoleBinding/${binding.metadata.name}: names ${kind}/${name}, which is not rendered`);
  });
  return [...pods, ...bindings];
}

interface Reference {
  readonly kind: string;
  readonly name: string;
}
