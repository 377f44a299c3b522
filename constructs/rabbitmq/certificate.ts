import type { Construct } from 'constructs';
import {
  Certificate,
  CertificateSpecPrivateKeyAlgorithm as Algorithm,
  CertificateSpecPrivateKeyRotationPolicy as RotationPolicy,
  CertificateSpecUsages as Usage,
} from '../../imports/cert-manager.io';
import { distinct, list, objectName, optional, type Rule, shape, text } from '../rules';

/** How cert-manager makes the certificate. */
export interface CertManagerOptions {
  /** Name of the issuer. It must be one that knows its authority and keeps it, such as kind CA or Vault: an ACME one leaves out `ca.crt`. */
  readonly issuer: string;
  /**
   * Kind of the issuer.
   * @default 'Issuer' - one of the same namespace
   */
  readonly issuerKind?: string;
  /**
   * API group of the issuer.
   * @default 'cert-manager.io'
   */
  readonly issuerGroup?: string;
  /**
   * More names by which clients call the broker, such as the one of an external load balancer.
   * @default [] - the names of Services and nodes, which are always in it
   */
  readonly dnsNames?: readonly string[];
  /**
   * Domain of the Kubernetes cluster, for clients that write the whole name.
   * @default 'cluster.local'
   */
  readonly clusterDomain?: string;
  /**
   * Time that a certificate is valid, in Go's form.
   * @default '2160h' - 90 days
   */
  readonly duration?: string;
  /**
   * Time before its end at which it is renewed, in Go's form; nodes read the new one within minutes.
   * @default '720h' - 30 days
   */
  readonly renewBefore?: string;
}

export const CERT_MANAGER_DEFAULTS = {
  issuerKind: 'Issuer',
  issuerGroup: 'cert-manager.io',
  dnsNames: [],
  clusterDomain: 'cluster.local',
  duration: '2160h',
  renewBefore: '720h',
} as const satisfies Omit<CertManagerOptions, 'issuer'>;

const LABEL = '[a-z0-9]([a-z0-9-]*[a-z0-9])?';
const dnsName: Rule = text(
  new RegExp(`^(?=.{1,253}$)(\\*\\.)?${LABEL}(\\.${LABEL})*$`),
  'must be a DNS name in lower case',
  'write it like "broker.example.com"',
);
const duration: Rule = text(/^([1-9]\d*h)?([1-9]\d*m)?(?<=.)$/, 'must be a duration in hours or minutes', 'write it like "720h"');

export const certManagerShape: Rule = shape<CertManagerOptions>({
  issuer: objectName('an issuer'),
  issuerKind: optional(text(/^[A-Z][A-Za-z]*$/, 'must be a kind', 'use "Issuer" or "ClusterIssuer"')),
  issuerGroup: optional(dnsName),
  dnsNames: optional(distinct(list(dnsName))),
  clusterDomain: optional(dnsName),
  duration: optional(duration),
  renewBefore: optional(duration),
});

export interface BrokerCertificateProps extends CertManagerOptions {
  /** Name of the broker and of its client Service; the headless one is `<name>-nodes`. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  /** Names of the nodes' pods. */
  readonly pods: readonly string[];
  readonly secretName: string;
  /** Whether nodes show it to each other, too. */
  readonly interNode: boolean;
}

/** The broker's certificate, with every name by which somebody connects. All nodes share it. */
export function brokerCertificate(scope: Construct, id: string, props: BrokerCertificateProps): Certificate {
  const { name, labels, secretName, interNode, issuer, ...given } = props;
  const { issuerKind, issuerGroup, duration, renewBefore } = { ...CERT_MANAGER_DEFAULTS, ...given };
  return new Certificate(scope, id, {
    metadata: { name, labels },
    spec: {
      secretName,
      dnsNames: brokerNames(props),
      duration,
      renewBefore,
      usages: [Usage.DIGITAL_SIGNATURE, Usage.KEY_ENCIPHERMENT, Usage.SERVER_AUTH, ...(interNode ? [Usage.CLIENT_AUTH] : [])],
      privateKey: { algorithm: Algorithm.ECDSA, size: 256, rotationPolicy: RotationPolicy.ALWAYS },
      issuerRef: { name: issuer, kind: issuerKind, group: issuerGroup },
    },
  });
}

/** The names of the client Service, of every node behind the headless one, and those that Erlang uses between nodes: no wildcards there. */
function brokerNames({ name, namespace, pods, interNode, ...given }: BrokerCertificateProps): string[] {
  const { clusterDomain, dnsNames } = { ...CERT_MANAGER_DEFAULTS, ...given };
  const inNamespace = (host: string) => [`${host}.${namespace}`, `${host}.${namespace}.svc`, `${host}.${namespace}.svc.${clusterDomain}`];
  const nodes = `${name}-nodes`;
  return [
    name,
    ...inNamespace(name),
    ...inNamespace(`*.${nodes}`),
    ...(interNode ? pods.map((pod) => `${pod}.${nodes}.${namespace}`) : []),
    ...dnsNames,
  ];
}
