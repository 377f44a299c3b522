import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectionsFrom } from '../connections';
import { kubectlWithInput } from '../kubectl';
import { brokerHosts, outcomeText, Producer } from '../producer';
import { must, type Scenario } from '../scenario';
import { bringUp, isReady, type System } from '../system';
import { until } from '../until';
import { variant, WORKER } from '../variant';
import { WorkerLogs } from '../worker-logs';

const NAMESPACE = 'e2e-tls';
const SECRET = 'e2e-tls';
const LOAD = { queue: 'small', perSecond: 10, steps: 10, restSeconds: 1 };

export const tls: Scenario = {
  name: 'tls',
  title: 'TLS: three nodes with a certificate of an authority of our own',
  async run(steps) {
    const system = variant(NAMESPACE, {
      queues: { small: { maxTaskSeconds: 30 } },
      workers: { general: { queues: ['small'], concurrency: 16, scale: { min: 1, max: 10 }, resources: WORKER } },
      broker: { tls: { secret: SECRET } },
      flower: {},
    });
    steps.atEnd(() => steps.step('everything deleted', () => system.drop()));
    await steps.step('authority and certificate made by openssl, in a Secret', () => createCertificate(system));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    const logs = new WorkerLogs(system);
    steps.atEnd(async () => logs.stop());
    const producer = await Producer.start(system, 'producer', LOAD, brokerHosts(system, 5671), SECRET);
    await steps.step('KEDA reads the queue over TLS and adds workers', () =>
      until('4 workers', 180, async () => (await system.workers('general')) >= 4).then(() => '1 -> 4 workers and more'),
    );
    await steps.step('tasks over TLS', async () => {
      const outcome = await producer.end(logs);
      must(outcome.accepted > 0 && outcome.lost === 0 && outcome.rejected === 0, outcomeText(outcome));
      return outcomeText(outcome);
    });
    await steps.step('Flower', async () => {
      const [pod] = await system.pods('app.kubernetes.io/name=tasks-flower');
      must(pod !== undefined && isReady(pod), 'Flower is not Ready');
      const text = await system.in('logs', 'deploy/tasks-flower');
      must(/Connected to amqps:/.test(text), 'Flower does not say that it is connected');
      return 'Ready, and its log says that it is connected with amqps';
    });
    await steps.step('ports', () => ports(system));
  },
};

async function ports(system: System): Promise<string> {
  const node = `tasks-broker-0.tasks-broker-nodes.${NAMESPACE}.svc`;
  // From another broker node, which the NetworkPolicies let through to AMQP.
  const answers = await connectionsFrom(['-n', NAMESPACE, 'tasks-broker-1'], [`${node}:5671`, `${node}:5672`]);
  must(answers[`${node}:5671`] === true, '5671 does not answer');
  const listeners = await system.in('exec', 'tasks-broker-0', '-c', 'rabbitmq', '--', 'rabbitmq-diagnostics', '-q', 'listeners');
  const open = [...listeners.matchAll(/port: (\d+)/g)].map(([, port]) => Number(port));
  open.sort((a, b) => a - b);
  const plain = open.filter((port) => [5672, 15672, 15692].includes(port));
  must(plain.length === 0 && answers[`${node}:5672`] === false, `plain ports are open: ${plain.join(', ')}`);
  return `the broker listens on ${open.join(', ')}; 5672, 15672 and 15692 are closed`;
}

/** The names that docs/rabbitmq.md asks for. */
async function createCertificate({ namespace, objects }: System): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'warren-e2e-'));
  const at = (file: string): string => join(folder, file);
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args);
  const key = (file: string): string[] => ['-newkey', 'rsa:2048', '-nodes', '-keyout', at(file)];
  try {
    await openssl('req', '-x509', ...key('ca.key'), '-out', at('ca.crt'), '-days', '2', '-subj', '/CN=e2e authority');
    await openssl('req', ...key('tls.key'), '-new', '-out', at('request'), '-subj', '/CN=broker');
    await writeFile(at('names'), `subjectAltName=DNS:tasks-broker.${namespace}.svc,DNS:*.tasks-broker-nodes.${namespace}.svc`);
    const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('names')];
    await openssl('x509', '-req', '-in', at('request'), ...signed, '-out', at('tls.crt'));
    const files = await Promise.all(['ca.crt', 'tls.crt', 'tls.key'].map(async (file) => [file, await readFile(at(file), 'utf8')]));
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET, namespace }, stringData: Object.fromEntries(files) };
    const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
    for (const object of [...namespaces, secret]) await kubectlWithInput(JSON.stringify(object), 'apply', '-f', '-');
  } finally {
    await rm(folder, { recursive: true });
  }
}
