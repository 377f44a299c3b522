import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { TriggerAuthenticationSpecConfigMapTargetRef, TriggerAuthenticationSpecSecretTargetRef } from '../../imports/keda.sh';
import type { BrokerTls } from '../broker-tls';

/** Parameters of the trigger, by where they come from. */
export interface BrokerTrust {
  readonly secrets: readonly TriggerAuthenticationSpecSecretTargetRef[];
  readonly configMaps?: TriggerAuthenticationSpecConfigMapTargetRef[];
}

const KEY = 'tls';

/**
 * How KEDA gets to trust the broker. It looks at `ca` only together with `tls: enable`, which is an authentication parameter and so cannot
 * stand in the trigger (KEDA documentation, RabbitMQ queue scaler). Publicly signed certificates it trusts by itself.
 */
export function brokerTrust(scope: Construct, name: string, labels: Record<string, string>, tls: BrokerTls | undefined): BrokerTrust {
  if (tls === undefined || tls === 'system') return { secrets: [] };
  const configMap = `${name}-keda`;
  new k8s.KubeConfigMap(scope, 'Trust', { metadata: { name: configMap, labels }, data: { [KEY]: 'enable' } });
  return {
    secrets: [{ parameter: 'ca', name: tls.secret, key: tls.key }],
    configMaps: [{ parameter: KEY, name: configMap, key: KEY }],
  };
}
