import { idOf } from '../../support/manifests';
import type { Inventory } from './inventory';

/** Kinds that are in no namespace. */
const CLUSTER_SCOPED = ['Namespace', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];

/** No two objects share a name, and all are in the one namespace that the manifest makes, or in none where their kind is in none. */
export function nameProblems({ objects }: Inventory): string[] {
  const ids = objects.map(idOf);
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
  return [
    ...ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `${id}: is there twice`),
    ...objects
      .filter(({ kind, metadata }) => !CLUSTER_SCOPED.includes(kind) && !namespaces.includes(metadata.namespace ?? ''))
      .map((object) => `${idOf(object)}: no Namespace/${object.metadata.namespace}`),
    ...objects
      .filter(({ kind, metadata }) => CLUSTER_SCOPED.includes(kind) && metadata.namespace !== undefined)
      .map((object) => `${idOf(object)}: is in a namespace, but its kind is in none`),
  ];
}
