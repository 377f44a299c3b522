import type { k8s } from 'cdk8s-plus-27';
import { SYSTEM_TRUST } from '../workers/broker/tls';
import { TLS_ENVIRONMENT } from '../workers/environment';

/**
 * Who vouches for a broker that speaks TLS: the certificate authorities under a key of a Secret, or, for a broker with a publicly signed
 * certificate, those that every program trusts by itself.
 */
export type BrokerTls = 'system' | { readonly secret: string; readonly key: string };

/** Key of a TLS Secret with the authorities; cert-manager's word for it. */
export const CA_KEY = 'ca.crt';

const FOLDER = '/etc/warren/broker-ca';
/** Where the authorities are in the pod of a client. */
export const CA_PATH = `${FOLDER}/${CA_KEY}`;
const VOLUME = 'broker-ca';

/** The authorities alone: a client has no business with the broker's key. Not by subPath, so that the kubelet brings new ones. */
export function caVolumes(tls: BrokerTls | undefined): k8s.Volume[] {
  if (tls === undefined || tls === 'system') return [];
  return [{ name: VOLUME, secret: { secretName: tls.secret, items: [{ key: tls.key, path: CA_KEY }] } }];
}

export function caMounts(tls: BrokerTls | undefined): k8s.VolumeMount[] {
  return tls === undefined || tls === 'system' ? [] : [{ name: VOLUME, mountPath: FOLDER, readOnly: true }];
}

/** What programs of the worker image are told. */
export function tlsEnvironment(tls: BrokerTls | undefined): Record<string, string> {
  if (tls === undefined) return {};
  return { [TLS_ENVIRONMENT.ca]: tls === 'system' ? SYSTEM_TRUST : CA_PATH };
}
