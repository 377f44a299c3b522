import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { SECRETS_ANNOTATION } from '../../constructs/task-cluster';
import { secretsOf } from '../../tools/secrets';
import type { Secret } from '../../workers/secrets/secret';
import { ENVIRONMENTS, loadEnvironment, type Manifest, REPOSITORY, renderTasks } from '../support/manifests';

/** Every `secret/key` that a manifest reads; a whole Secret where it is mounted as a folder. */
function neededBy(objects: Manifest[]): Set<string> {
  return new Set(
    objects.flatMap(({ spec }) => [
      ...(spec?.template?.spec.volumes ?? []).flatMap((volume: any) => (volume.secret ? [volume.secret.secretName] : [])),
      ...(spec?.secretTargetRef ?? []).map((ref: { name: string; key: string }) => `${ref.name}/${ref.key}`),
    ]),
  );
}

const isSecret = (object: { kind: string }): object is Secret => object.kind === 'Secret';
const valuesOf = (objects: Manifest[]) => secretsOf(objects).filter(isSecret);

describe('secretsOf', () => {
  test.each(ENVIRONMENTS)('makes every Secret and key that %s reads, in its namespace', (environment) => {
    const secrets = valuesOf(loadEnvironment(environment));
    const made = new Set(
      secrets.flatMap(({ metadata, stringData }) => [metadata.name, ...Object.keys(stringData).map((key) => `${metadata.name}/${key}`)]),
    );
    const needed = [...neededBy(loadEnvironment(environment))];
    expect(needed.length).toBeGreaterThan(7);
    expect(needed.filter((each) => !made.has(each))).toEqual([]);
    expect(new Set(secrets.map(({ metadata }) => metadata.namespace))).toEqual(new Set([`tasks-${environment}`]));
  });

  test('prints the namespace first and nothing but it and Secrets', () => {
    const [first, ...others] = secretsOf(loadEnvironment('production')).map(({ kind }) => kind);
    expect(first).toBe('Namespace');
    expect(new Set(others)).toEqual(new Set(['Secret']));
  });

  test('needs no namespace in the manifest', () => expect(secretsOf(renderTasks()).map(({ kind }) => kind)).not.toContain('Namespace'));

  test('types a Secret by its keys', () => {
    const types = Object.fromEntries(valuesOf(renderTasks({ flower: {} })).map(({ metadata, type }) => [metadata.name, type]));
    expect(types).toMatchObject({
      'tasks-broker-cookie': 'Opaque',
      'tasks-broker-keda': 'kubernetes.io/basic-auth',
      'tasks-flower-login': 'kubernetes.io/basic-auth',
    });
  });

  test('keeps fixed values and draws 32 bytes for the others', () => {
    const login = valuesOf(renderTasks({ flower: {} })).find(({ metadata }) => metadata.name === 'tasks-flower-login');
    expect(login?.stringData).toEqual({
      username: 'admin',
      password: expect.stringMatching(/^[\w-]{43}$/),
      'cookie-secret': expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  test('never draws a value twice', () => {
    const isDrawn = (value: string) => /^[\w-]{43}$/.test(value);
    const draw = () => valuesOf(loadEnvironment('production')).flatMap(({ stringData }) => Object.values(stringData).filter(isDrawn));
    const values = [...draw(), ...draw()];
    expect(values.length).toBeGreaterThanOrEqual(16);
    expect(new Set(values).size).toBe(values.length);
  });

  test('serves every task system in a manifest', () => {
    const names = valuesOf([...renderTasks({ name: 'a' }), ...renderTasks({ name: 'b' })]).map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['a-broker-cookie', 'b-broker-cookie']));
  });

  test('refuses a manifest that lists no Secrets', () =>
    expect(() => secretsOf(renderTasks().filter(({ metadata }) => !metadata.annotations))).toThrow(
      `no object has the annotation ${SECRETS_ANNOTATION}`,
    ));
});

describe('warren-secrets', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'warren-secrets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (cwd: string, ...parameters: string[]) =>
    spawnSync(process.execPath, [join(REPOSITORY, 'lib/tools/secrets.js'), ...parameters], { cwd, encoding: 'utf8' });

  test('prints YAML that kubectl can create, and writes no file', () => {
    const before = readdirSync(join(REPOSITORY, 'dist'));
    const { status, stdout, stderr } = run(REPOSITORY, 'production');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    writeFileSync(join(folder, 'printed.yaml'), stdout);
    const printed: Manifest[] = Yaml.load(join(folder, 'printed.yaml'));
    expect(printed.map(({ kind, metadata }) => [kind, metadata.name])).toEqual(
      secretsOf(loadEnvironment('production')).map(({ kind, metadata }) => [kind, metadata.name]),
    );
    expect(readdirSync(join(REPOSITORY, 'dist'))).toEqual(before);
  });

  test('takes a path and leaves the folder as it was', () => {
    const { status } = run(folder, join(REPOSITORY, 'dist', 'staging.k8s.yaml'));
    expect(status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each<[what: string, cwd: () => string, parameters: string[], message: string]>([
    [
      'an unknown environment',
      () => REPOSITORY,
      ['prod'],
      'secrets: prod: no such environment in dist/ -> use one of development, production, staging\n',
    ],
    [
      'an environment that is not rendered',
      () => folder,
      ['prod'],
      'secrets: prod: no such environment in dist/ -> run "npx cdk8s synth" first\n',
    ],
    ['a missing file', () => folder, ['a.yaml'], 'secrets: a.yaml: no such file -> run "npx cdk8s synth" first\n'],
    ['no argument', () => REPOSITORY, [], 'secrets: give one environment or one manifest -> secrets production\n'],
    ['two arguments', () => REPOSITORY, ['staging', 'production'], 'secrets: give one environment or one manifest -> secrets production\n'],
  ])('refuses %s', (_, cwd, parameters, message) =>
    expect(run(cwd(), ...parameters)).toMatchObject({ status: 1, stdout: '', stderr: message }),
  );

  test('refuses a file that is no manifest', () => {
    writeFileSync(join(folder, 'notes.yaml'), 'hello: world\n');
    expect(run(folder, 'notes.yaml')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('notes.yaml: is not a Kubernetes manifest'),
    });
  });
});
