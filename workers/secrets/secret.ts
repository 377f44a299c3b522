import { randomBytes } from 'node:crypto';

/** A Secret that must exist before the system can run. It is described, never rendered. */
export interface SecretDeclaration {
  readonly name: string;
  /** Keys with a fixed value (not secret, such as a user name), `'random'`, or `'given'`: only the owner of a broker knows it. */
  readonly keys: Readonly<Record<string, { readonly value: string } | 'random' | 'given'>>;
}

/** The keys of a Kubernetes `basic-auth` Secret. */
export const CREDENTIAL_KEYS = { username: 'username', password: 'password' } as const;

/** A Kubernetes Secret with its values. */
export interface Secret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly type: SecretType;
  readonly stringData: Readonly<Record<string, string>>;
}

export type SecretType = 'kubernetes.io/basic-auth' | 'Opaque';

/** 256 bits, in letters that need no quoting in a URL, a shell or YAML. */
const RANDOM_BYTES = 32;

/** Whether its values can be made up; a Secret that somebody gives is never created here. */
export function canBeMade({ keys }: SecretDeclaration): boolean {
  return !Object.values(keys).includes('given');
}

/** A declared Secret with fresh random values. */
export function freshSecret({ name, keys }: SecretDeclaration, namespace: string | undefined): Secret {
  const values = Object.entries(keys).map(([key, content]) => [
    key,
    typeof content === 'object' ? content.value : randomBytes(RANDOM_BYTES).toString('base64url'),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    type: secretType(keys),
    stringData: Object.fromEntries(values) as Record<string, string>,
  };
}

export function secretType(keys: SecretDeclaration['keys']): SecretType {
  return Object.values(CREDENTIAL_KEYS).every((key) => key in keys) ? 'kubernetes.io/basic-auth' : 'Opaque';
}

/** The declarations as one line of JSON: name -> keys. */
export function encodeSecrets(secrets: readonly SecretDeclaration[]): string {
  return JSON.stringify(Object.fromEntries(secrets.map(({ name, keys }) => [name, keys])));
}

/** Reads what `encodeSecrets` wrote. */
export function decodeSecrets(text: string): SecretDeclaration[] {
  const list = JSON.parse(text) as Record<string, SecretDeclaration['keys']>;
  return Object.entries(list).map(([name, keys]) => ({ name, keys }));
}
