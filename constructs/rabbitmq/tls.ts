import type { k8s } from 'cdk8s-plus-27';
import type { Problem } from '../../workers/problems';
import type { SecretDeclaration } from '../../workers/secrets/secret';
import { CA_KEY } from '../broker-tls';
import { flag, isPlainObject, join, objectName, optional, problem, type Rule, shape } from '../rules';
import { type CertManagerOptions, certManagerShape } from './certificate';

/** Where the broker's certificate comes from, and what speaks TLS. Give just one of `secret` and `certManager`. */
export interface TlsOptions {
  /**
   * Name of a Secret that exists, with the keys `tls.crt` (certificate, then intermediate ones), `tls.key` and `ca.crt` (the authorities
   * that vouch for it, which clients get to see). docs/rabbitmq.md lists the names that must be in the certificate.
   */
  readonly secret?: string;
  /** Have cert-manager make the certificate, with all names that clients use, and renew it. */
  readonly certManager?: CertManagerOptions;
  /**
   * Keep the ports without TLS open as well, until every client has moved. Workers, KEDA, Flower and the topology Job use TLS either way.
   * @default false - the plain ports are closed
   */
  readonly plain?: boolean;
  /**
   * Encrypt what nodes and their command line tools say to each other, too; both sides must show a certificate of the same authorities.
   * Nodes with and without it cannot form a cluster: docs/rabbitmq.md says how to switch a cluster that runs.
   * @default false
   */
  readonly interNode?: boolean;
}

export const TLS_DEFAULTS = { plain: false, interNode: false } as const satisfies TlsOptions;

export const TLS_FILES = { certificate: 'tls.crt', key: 'tls.key', authorities: CA_KEY } as const;
/** Readable by owner and group of the volume, which is the broker's own group, and nobody else. */
const MODE = 0o440;

const fields = shape<TlsOptions>({
  secret: optional(objectName('a Secret')),
  certManager: optional(certManagerShape),
  plain: optional(flag),
  interNode: optional(flag),
});

/** Options of TLS, with exactly one source of the certificate. */
export const tlsRule: Rule = (value, path) => {
  const problems = fields(value, path);
  if (!isPlainObject(value)) return problems;
  return [...problems, ...sourceProblems(value, path)];
};

function sourceProblems({ secret, certManager }: TlsOptions, path: string): Problem[] {
  if (secret !== undefined && certManager !== undefined) {
    return [problem(join(path, 'secret'), secret, 'must not be given together with certManager', 'remove one of them')];
  }
  if (secret === undefined && certManager === undefined) {
    const fix = 'give secret: "name of a Secret", or certManager: { issuer: "..." }';
    return [problem(path, { secret, certManager }, 'must say where the certificate comes from', fix)];
  }
  return [];
}

/** Name of the Secret that holds the certificate of a broker. */
export function tlsSecretName(broker: string, { secret }: TlsOptions): string {
  return secret ?? `${broker}-tls`;
}

/** That Secret: nobody but its owner, or cert-manager, can fill it. */
export function tlsSecret(broker: string, tls: TlsOptions | undefined): SecretDeclaration[] {
  if (!tls) return [];
  return [{ name: tlsSecretName(broker, tls), keys: Object.fromEntries(Object.values(TLS_FILES).map((key) => [key, 'given'])) }];
}

/** The volume from which a node reads its certificate; not by subPath, so that the kubelet brings a new one. */
export function tlsVolumes(broker: string, tls: TlsOptions | undefined): k8s.Volume[] {
  return tls ? [{ name: 'tls', secret: { secretName: tlsSecretName(broker, tls), defaultMode: MODE } }] : [];
}
