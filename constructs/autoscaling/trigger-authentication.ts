import type { Construct } from 'constructs';
import { TriggerAuthentication } from '../../imports/keda.sh';
import { CREDENTIAL_KEYS } from '../../workers/secrets/secret';
import type { Broker } from '../broker';
import { USERS } from '../broker-users';
import { brokerTrust } from './broker-trust';

export interface TriggerAuthenticationProps {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly broker: Broker;
}

/** How KEDA logs in to the broker. Two parameters instead of a URL: KEDA encodes them itself, so any character may be in a password. */
export function triggerAuthentication(scope: Construct, { name, labels, broker }: TriggerAuthenticationProps): TriggerAuthentication {
  const trust = brokerTrust(scope, name, labels, broker.tls);
  const login = Object.values(CREDENTIAL_KEYS).map((key) => ({ parameter: key, name: broker.secretOf(USERS.keda), key }));
  return new TriggerAuthentication(scope, 'Authentication', {
    metadata: { name, labels },
    spec: { secretTargetRef: [...login, ...trust.secrets], configMapTargetRef: trust.configMaps },
  });
}
