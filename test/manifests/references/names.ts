import { idOf } from '../../support/manifests';
import type { Inventory } from './inventory';

/** No two objects share a name, and all are in the one namespace that the manifest makes. */
export function nameProblems({ objects }: Inventory): string[] {
  const ids = objects.map(idOf);
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
  return [
    ...ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `${id}: is there twice`),
    ...objects
      .filter(({ kind, metadata }) => kind !== 'Namespace' && !namespaces.includes(metadata.namespace ?? ''))
      .map((object) => `${idOf(object)}: no Namespace/${object.metadata.namespace}`),
  ];
}
