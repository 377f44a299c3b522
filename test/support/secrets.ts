import { randomBytes } from 'node:crypto';
import { CREDENTIAL_KEYS, type SecretDeclaration } from '../../workers/secrets/secret';
import { SECRETS_ANNOTATION } from '../../constructs/task-cluster';
import type { Files, KubernetesObject } from './rendered-pod';

/** What breaks in URLs, shells, sed, JSON and configuration files that do not quote. */
const AWKWARD = '@/:#"$% &\\\'`!';

/** Values for every Secret that the rendered objects declare; every second password holds awkward characters. */
export function generateSecrets(objects: readonly KubernetesObject[]): Record<string, Files> {
  const declared = objects.flatMap(({ metadata }) => {
    const text = metadata.annotations?.[SECRETS_ANNOTATION];
    return text === undefined ? [] : Object.entries(JSON.parse(text) as Record<string, SecretDeclaration['keys']>);
  });
  return Object.fromEntries(declared.map(([name, keys], index) => [name, values(keys, index % 2 === 1)]));
}

function values(keys: SecretDeclaration['keys'], awkward: boolean): Files {
  const random = () => randomBytes(12).toString('base64url');
  return Object.fromEntries(
    Object.entries(keys).map(([key, value]) => {
      if (typeof value === 'object') return [key, value.value];
      return [key, awkward && key === CREDENTIAL_KEYS.password ? `${random()}${AWKWARD}${random()}` : random()];
    }),
  );
}
