import { RabbitmqOperatorCluster } from '../../../constructs';
import { kubectlWithInput } from '../kubectl';
import { brokerHosts, outcomeText, Producer } from '../producer';
import { must, type Scenario } from '../scenario';
import { bringUp, type System } from '../system';
import { until } from '../until';
import { BROKER, variant, WORKER } from '../variant';
import { WorkerLogs } from '../worker-logs';

const NAMESPACE = 'e2e-operators';
const ISSUER = 'e2e-authority';
const CERTIFICATE = 'tasks-broker-tls';
const LOAD = { queue: 'small', perSecond: 10, steps: 10, restSeconds: 1 };

const render = (queues: readonly string[]): System =>
  variant(NAMESPACE, {
    queues: Object.fromEntries(queues.map((queue) => [queue, { maxTaskSeconds: 30 }])),
    workers: { general: { queues: [...queues], concurrency: 16, scale: { min: 1, max: 6 }, resources: WORKER } },
    broker: RabbitmqOperatorCluster.of({ ...BROKER, tls: { certManager: { issuer: ISSUER } } }),
    flower: {},
  });

export const operators: Scenario = {
  name: 'operators',
  title: 'A broker that the RabbitMQ cluster operator runs, with a certificate that cert-manager makes',
  needs: ['rabbitmqclusters.rabbitmq.com', 'certificates.cert-manager.io'],
  async run(steps) {
    const system = render(['small']);
    steps.atEnd(() => steps.step('everything deleted', () => system.drop()));
    await steps.step('an authority of our own, made by cert-manager', () => createAuthority(system));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    const logs = new WorkerLogs(system);
    steps.atEnd(async () => logs.stop());
    await steps.step('what the operators made', async () => {
      const pods = await system.brokerPods();
      must(pods.length === 3, `${pods.length} broker pods`);
      return `${pods.map(({ metadata }) => metadata.name).join(', ')}; Secret ${CERTIFICATE}`;
    });
    const producer = await Producer.start(system, 'producer', LOAD, hosts(system), CERTIFICATE);
    await steps.step('KEDA reads the queue and adds workers', () =>
      until('3 workers', 180, async () => (await system.workers('general')) >= 3).then(() => '1 -> 3 workers and more'),
    );
    const before = await identityOf(system);
    await steps.step('a queue added by applying again', async () => {
      await render(['small', 'added']).apply();
      await until('topology Job that is done', 300, () => system.ready());
      must((await identityOf(system)) === before, 'broker pods were replaced');
      return 'the same three broker pods';
    });
    await steps.step('a broker pod killed', async () => {
      await system.in('delete', 'pod', 'tasks-broker-server-0', '--grace-period=0', '--force');
      await until('three nodes again', 300, () => system.ready());
      await producer.progress(100);
    });
    await steps.step('load', async () => {
      const outcome = await producer.end(logs);
      must(outcome.accepted > 0 && outcome.lost === 0, outcomeText(outcome));
      return outcomeText(outcome);
    });
  },
};

function hosts(system: System): string {
  return brokerHosts(system, 5671).replaceAll(/tasks-broker-(\d)\./g, 'tasks-broker-server-$1.');
}

async function identityOf(system: System): Promise<string> {
  const pods = await system.brokerPods();
  return JSON.stringify(pods.map(({ metadata: { uid } }) => uid));
}

/** A self-signed certificate, and an issuer that signs with it. */
async function createAuthority({ namespace, objects }: System): Promise<void> {
  const about = (kind: string, name: string, spec: object): object => ({
    apiVersion: 'cert-manager.io/v1',
    kind,
    metadata: { name, namespace },
    spec,
  });
  const all = [
    ...objects.filter(({ kind }) => kind === 'Namespace'),
    about('Issuer', 'e2e-self-signed', { selfSigned: {} }),
    about('Certificate', ISSUER, {
      isCA: true,
      commonName: 'e2e authority',
      secretName: ISSUER,
      issuerRef: { name: 'e2e-self-signed', kind: 'Issuer', group: 'cert-manager.io' },
    }),
    about('Issuer', ISSUER, { ca: { secretName: ISSUER } }),
  ];
  for (const object of all) await kubectlWithInput(JSON.stringify(object), 'apply', '-f', '-');
}
