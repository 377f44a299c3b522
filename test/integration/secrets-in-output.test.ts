import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RabbitmqCluster } from '../../constructs';
import { ENVIRONMENT, RESULTS_ENVIRONMENT, TLS_ENVIRONMENT, TOPOLOGY_ENVIRONMENT } from '../../workers/environment';
import { TestAuthority } from '../support/certificates';
import { environmentOf, fileOf, type Manifest, renderTasks } from '../support/manifests';
import { remote } from '../support/moment';
import { ManagedProcess } from '../support/processes';
import { describeReal } from '../support/real';
import { PROGRAMS, TaskSystem } from '../support/task-system';

jest.setTimeout(60_000);

const echo = remote<[value: unknown], unknown>('test.echo');
const WRONG = 'not-the-password-of-anybody';
/** Everything that is ever said. */
const TRACE = { LOG_LEVEL: 'trace' };

describeReal('passwords of Secrets', () => {
  const objects = renderTasks({
    broker: RabbitmqCluster.of({
      nodes: 1,
      resources: { cpu: '100m', memory: '512Mi' },
      storage: '2Gi',
      tls: { certManager: { issuer: 'test' } },
    }),
  });
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let system: TaskSystem;
  let folder: string;
  const outputs: string[] = [];

  beforeAll(async () => {
    [authority, stranger] = [await TestAuthority.create(), await TestAuthority.create('A stranger')];
    system = await TaskSystem.start(objects, await authority.issueFor(objects, ['127.0.0.1']));
    folder = await mkdtemp(join(tmpdir(), 'warren-secrets-'));
    await cp(usersFolder(), join(folder, 'wrong'), { recursive: true, dereference: true });
    for (const user of await readdir(usersFolder())) await writeFile(join(folder, 'wrong', user, 'password'), WRONG);
    await writeFile(join(folder, 'definitions.json'), fileOf(objects, 'tasks-broker-config', 'definitions.json'));
  }, 90_000);
  afterAll(async () => {
    await system?.stop();
    await authority?.remove();
    await stranger?.remove();
    await rm(folder, { recursive: true });
  }, 60_000);

  const usersFolder = (): string => dirname(system.broker.credentialsFolder('admin'));
  /** Every form in which a password is sent: as it is, and in the header of HTTP. */
  const secrets = async (): Promise<string[]> => {
    const users = await readdir(usersFolder());
    const logins = await Promise.all(users.map((user) => system.broker.credentials(user)));
    const passwords = [...logins, ...logins.map(({ username }) => ({ username, password: WRONG }))];
    // Sixteen letters are enough to find one, however what follows them is quoted.
    return passwords.flatMap(({ username, password }) => [
      password.slice(0, 16),
      Buffer.from(`${username}:${password}`).toString('base64').slice(0, 24),
      Buffer.from(`\0${username}\0${password}`).toString('base64').slice(0, 24),
    ]);
  };
  const worker = (overrides: Readonly<Record<string, string>>) => system.spawnWorker('general', { ...TRACE, ...overrides }, PROGRAMS.test);
  const job = (overrides: Readonly<Record<string, string>>): ManagedProcess => {
    const [container] = (objects.find(({ kind }) => kind === 'Job') as Manifest).spec.template.spec.containers;
    const env = {
      ...process.env,
      ...environmentOf(container),
      ...TRACE,
      [TOPOLOGY_ENVIRONMENT.definitions]: join(folder, 'definitions.json'),
      [TOPOLOGY_ENVIRONMENT.users]: usersFolder(),
      [TOPOLOGY_ENVIRONMENT.managementUrl]: system.broker.managementUrl,
      [TLS_ENVIRONMENT.ca]: authority.path,
      ...overrides,
    };
    return new ManagedProcess([process.execPath, PROGRAMS.image, ...container.args], { env });
  };
  /** Ends a process that has said what it was started for. */
  const listen = async (child: ManagedProcess, pattern: RegExp): Promise<void> => {
    await child.waitForOutput(pattern, 30_000).catch((error: unknown) => {
      child.signal('SIGKILL');
      throw error;
    });
    if (child.running) await child.stop('SIGTERM', 20_000);
    outputs.push(child.output);
  };

  it('are not in the output of a worker that runs and fails tasks', async () => {
    const running = worker({});
    await running.ready();
    expect(await (await system.client().send(echo, [1])).result()).toBe(1);
    await listen(running.process, /task ended/);
  });

  it.each<[what: string, said: RegExp, overrides: () => Record<string, string>]>([
    ['a refused login', /ACCESS_REFUSED|refused/i, () => ({ [ENVIRONMENT.brokerCredentials]: join(folder, 'wrong/worker-general') })],
    ['a stranger as the broker', /certificate/, () => ({ [TLS_ENVIRONMENT.ca]: stranger.path })],
    ['a broker that is not there', /ECONNREFUSED/, () => ({ [ENVIRONMENT.brokerHosts]: '127.0.0.1:1' })],
    ['plain text to TLS', /no connection to the broker/, () => ({ [TLS_ENVIRONMENT.ca]: '' })],
    [
      'a login in the address of Redis',
      /must not hold a user or password/,
      () => ({ [RESULTS_ENVIRONMENT.backend]: 'redis', [RESULTS_ENVIRONMENT.redisUrl]: `redis://default:${WRONG}@127.0.0.1:6379/0` }),
    ],
  ])('are not in the output of a worker that meets %s', async (_, said, overrides) => {
    await listen(worker(overrides()).process, said);
  });

  it.each<[what: string, said: RegExp, overrides: () => Record<string, string>]>([
    ['everything as declared', /as declared/, () => ({})],
    ['a refused login', /401|refused|not authori/i, () => ({ [TOPOLOGY_ENVIRONMENT.users]: join(folder, 'wrong') })],
    ['a stranger as the broker', /certificate/, () => ({ [TLS_ENVIRONMENT.ca]: stranger.path })],
  ])('are not in the output of the topology Job that meets %s', async (_, said, overrides) => {
    await listen(job(overrides()), said);
  });

  it('are not in any of it', async () => {
    const values = await secrets();
    expect(values.length).toBeGreaterThanOrEqual(18);
    expect(outputs).toHaveLength(9);
    const found = values.filter((value) => outputs.some((output) => output.includes(value)));
    expect(found).toEqual([]);
    // It would be found: the file holds what is looked for.
    expect(values).toContain((await readFile(join(usersFolder(), 'admin/password'), 'utf8')).slice(0, 16));
  });
});
