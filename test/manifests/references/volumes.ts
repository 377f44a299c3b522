import type { Inventory, Pod } from './inventory';

/** Every mount has its volume, every volume its source and a use, and every Secret that is listed has a reader. */
export function volumeProblems(inventory: Inventory): string[] {
  return [...inventory.pods.flatMap((pod) => [...mountProblems(pod), ...sourceProblems(inventory, pod)]), ...unusedSecrets(inventory)];
}

function mountProblems({ id, containers, volumes }: Pod): string[] {
  const mounts = containers.flatMap((container) =>
    (container.volumeMounts ?? []).map((mount) => ({ ...mount, container: container.name })),
  );
  return [
    ...mounts
      .filter((mount) => !volumes.some(({ name }) => name === mount.name))
      .map((mount) => `${id}: ${mount.container} mounts ${mount.name}, which is no volume`),
    ...volumes
      .filter(({ name }) => !mounts.some((mount) => mount.name === name))
      .map(({ name }) => `${id}: volume ${name} is mounted nowhere`),
    ...mounts
      .filter(
        (mount, index) => mounts.findIndex((other) => other.container === mount.container && other.mountPath === mount.mountPath) < index,
      )
      .map((mount) => `${id}: ${mount.container} mounts two volumes at ${mount.mountPath}`),
  ];
}

function sourceProblems(inventory: Inventory, { id, volumes }: Pod): string[] {
  const { configMaps, secrets } = inventory;
  const isThere = (secret: string) => secrets.has(secret) || inventory.named('Secret', secret) !== undefined;
  return volumes.flatMap(({ name, configMap, secret }) => [
    ...(configMap && !configMaps.has(configMap.name)
      ? [`${id}: volume ${name} needs ConfigMap/${configMap.name}, which is not rendered`]
      : []),
    ...(secret && !isThere(secret.secretName) ? [`${id}: volume ${name} needs Secret/${secret.secretName}, which is not listed`] : []),
  ]);
}

function unusedSecrets(inventory: Inventory): string[] {
  const used = new Set([
    ...inventory.pods.flatMap(({ volumes }) => volumes.map(({ secret }) => secret?.secretName)),
    ...(inventory.imported?.values() ?? []),
    ...inventory.ofKind('TriggerAuthentication').flatMap(({ spec }) => spec.secretTargetRef.map(({ name }: { name: string }) => name)),
  ]);
  return [...inventory.secrets.keys()].filter((name) => !used.has(name)).map((name) => `Secret/${name}: is listed but nobody reads it`);
}
