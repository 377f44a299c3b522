import type { k8s } from 'cdk8s-plus-27';
import { ENVIRONMENT } from '../../workers/environment';
import type { Broker } from '../broker';
import { caMounts, caVolumes, tlsEnvironment } from '../broker-tls';
import { workerUser } from '../broker-users';

/** What a container needs to reach the broker as the user of its group. */
export interface BrokerAccess {
  readonly env: Readonly<Record<typeof ENVIRONMENT.brokerHosts | typeof ENVIRONMENT.brokerCredentials, string> & Record<string, string>>;
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
}

const CREDENTIALS = '/etc/warren/broker-user';

/**
 * Hosts, and the login as files. The worker reads the files at every connect, so a rotated Secret needs no rollout: the kubelet replaces
 * the files within about a minute, and connections that stand go on until the broker or the network ends them.
 */
export function brokerAccess(broker: Broker, group: string): BrokerAccess {
  return {
    env: { [ENVIRONMENT.brokerHosts]: broker.hosts.join(','), [ENVIRONMENT.brokerCredentials]: CREDENTIALS, ...tlsEnvironment(broker.tls) },
    volumes: [{ name: 'broker-user', secret: { secretName: broker.secretOf(workerUser(group)) } }, ...caVolumes(broker.tls)],
    volumeMounts: [{ name: 'broker-user', mountPath: CREDENTIALS, readOnly: true }, ...caMounts(broker.tls)],
  };
}
