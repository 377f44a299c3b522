import { createHash } from 'node:crypto';
import { ENVIRONMENTS, loadEnvironment, type Manifest } from '../support/manifests';

/** Every text in an object, with the path to it. */
function textsOf(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => textsOf(child, `${path}/${key}`));
}

/** What only a password or key looks like: a long word of letters and digits in no order, or a login in a URL. */
function secretsIn(text: string): string[] {
  const words = text.split(/[^\w+/=-]+/).filter((word) => word.length >= 20 && changesOfKind(word) > word.length / 3);
  return [...words, ...(text.match(/\w+:\/\/[^\s"'{}/]+:[^\s"'{}/]+@/g) ?? []), ...(text.match(/BEGIN [A-Z ]*PRIVATE KEY/g) ?? [])];
}

/** How often a word goes from small letters to capitals to digits. */
function changesOfKind(word: string): number {
  const kinds = Array.from(word.replace(/[^A-Za-z0-9]/g, ''), (letter) =>
    /\d/.test(letter) ? 'digit' : letter === letter.toLowerCase() ? 'small' : 'capital',
  );
  return kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
}

/** Settings that would hold a password, and what they hold. */
function assignedPasswords(text: string): string[] {
  return [...text.matchAll(/^\s*"?[\w.-]*(?:pass|password|token|secret|cookie)"?\s*[:=]\s*(.+)$/gim)]
    .map(([, value = '']) => value)
    .filter((value) => !/^(read|quoted)\("\//.test(value));
}

describe.each(ENVIRONMENTS)('manifest of %s', (environment) => {
  const objects = loadEnvironment(environment);
  const configurations = objects.flatMap(({ kind, data }) => (kind === 'ConfigMap' ? Object.entries(data ?? {}) : []));
  const variables = objects.flatMap(({ spec }) =>
    [...(spec?.template?.spec.containers ?? []), ...(spec?.template?.spec.initContainers ?? [])].flatMap(
      (container: any) => container.env ?? [],
    ),
  );

  test('holds no Secret', () => expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]));

  test('holds no text that looks like a password or a key', () =>
    expect(textsOf(objects).flatMap(([path, text]) => secretsIn(text).map((secret) => `${path}: ${secret}`))).toEqual([]));

  test('assigns no password in a configuration file', () =>
    expect(configurations.flatMap(([file, text]) => assignedPasswords(text).map((value) => `${file}: ${value}`))).toEqual([]));

  test('gives no container a Secret by environment variable, where every child process and crash report would show it', () => {
    expect(variables.length).toBeGreaterThan(10);
    expect(variables.filter((variable: any) => variable.valueFrom?.secretKeyRef)).toEqual([]);
    expect(objects.filter((object: Manifest) => JSON.stringify(object.spec ?? {}).includes('"envFrom"'))).toEqual([]);
  });

  test('holds a placeholder for every password hash', () => {
    const hashes = configurations.flatMap(([, text]) => [...text.matchAll(/"password_hash": "([^"]*)"/g)].map(([, hash]) => hash));
    expect(hashes.length).toBeGreaterThanOrEqual(5);
    for (const hash of hashes) expect(hash).toMatch(/^HASH\([a-z-]+\)$/);
  });
});

describe('secretsIn', () => {
  const key = createHash('sha256').update('warren').digest();

  test.each([
    'amqp://admin:four@broker:5672',
    `cookie ${key.toString('base64url')}`,
    `hash: ${key.toString('base64')}`,
    `salt ${key.toString('hex')}`,
    '-----BEGIN RSA PRIVATE KEY-----',
  ])('finds the secret in %s', (text) => expect(secretsIn(text)).not.toEqual([]));
});

describe('assignedPasswords', () => {
  test.each(['default_pass = guest', '"password": "x"', 'cookie_secret = "abc"', 'API_TOKEN: abc'])('finds the password in %s', (text) =>
    expect(assignedPasswords(text)).not.toEqual([]),
  );
});
