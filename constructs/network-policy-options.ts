import { isIP } from 'node:net';
import { flag, integer, isPlainObject, list, optional, problem, record, type Rule, shape, text } from './rules';

/** Pods of the cluster, whoever runs them. `{}` is every pod of the task system's own namespace. */
export interface PodPeer {
  /**
   * Namespace the pods are in.
   * @default - the task system's own
   */
  readonly namespace?: string;
  /**
   * Labels the pods carry.
   * @default - every pod of the namespace
   */
  readonly podLabels?: Readonly<Record<string, string>>;
}

/** Addresses outside the cluster. Some network plugins, such as Cilium, never match pods or nodes with it. */
export interface AddressRange {
  /** Range in CIDR notation: `203.0.113.0/24`, `10.1.2.3/32`; `0.0.0.0/0` is every IPv4 address. */
  readonly cidr: string;
}

/** What tasks connect to beside the broker: a database, a mail server, an API. */
export type NetworkDestination = (PodPeer | AddressRange) & {
  /**
   * TCP ports of the pods or addresses; behind a Service these are its `targetPort`s.
   * @default - every port, of every protocol
   */
  readonly ports?: readonly number[];
};

export interface NetworkPolicyOptions {
  /**
   * Whether to render NetworkPolicies. They do nothing where the cluster's network plugin ignores them.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Namespace of KEDA's operator, which reads the lengths of queues.
   * @default 'keda'
   */
  readonly kedaNamespace?: string;
  /**
   * Namespace whose pods may scrape the metrics of broker and workers.
   * @default 'monitoring'
   */
  readonly prometheusNamespace?: string;
  /**
   * Namespace of the cluster's DNS server, which listens on port 53.
   * @default 'kube-system'
   */
  readonly dnsNamespace?: string;
  /**
   * Pods that may send tasks, beside those of the task system's own namespace with the label `warren/producer: "true"`, which always may.
   * @default [] - none
   */
  readonly producers?: readonly PodPeer[];
  /**
   * Pods that may open Flower's web page, such as an ingress controller's. `kubectl port-forward` needs no entry.
   * @default [] - none
   */
  readonly flowerClients?: readonly PodPeer[];
  /**
   * What tasks may connect to beside the broker.
   * @default [] - nothing
   */
  readonly workerEgress?: readonly NetworkDestination[];
  /**
   * Where the Kubernetes API is, for the Job that makes Secrets and for workers that write their deletion cost. No selector matches it:
   * give the addresses of the control plane (`kubectl get endpoints kubernetes`) to keep tasks from every other address on these ports.
   * @default - anywhere, on the ports 443 and 6443
   */
  readonly kubernetesApi?: AddressRange & Pick<NetworkDestination, 'ports'>;
}

export const NETWORK_POLICY_DEFAULTS = {
  enabled: true,
  kedaNamespace: 'keda',
  prometheusNamespace: 'monitoring',
  dnsNamespace: 'kube-system',
  producers: [],
  flowerClients: [],
  workerEgress: [],
} as const satisfies NetworkPolicyOptions;

const namespaceName: Rule = text(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  'must be the name of a namespace',
  'use one of "kubectl get namespaces"',
);

const NAME = '[A-Za-z0-9](?:[\\w.-]{0,61}[A-Za-z0-9])?';
const labelKey: Rule = text(
  new RegExp(`^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?${NAME}$`),
  'must be the key of a label',
  'write it like "app" or "example.com/app"',
);
const labelValue: Rule = text(
  new RegExp(`^(?:${NAME})?$`),
  'must be the value of a label: at most 63 letters, digits or - _ .',
  'use one of "kubectl get pods --show-labels"',
);

const podPeerFields = {
  namespace: optional(namespaceName),
  podLabels: optional(record(labelKey, labelValue, 1)),
};

const cidr: Rule = (value, path) => {
  const [, address = '', prefix] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(String(value)) ?? [];
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return typeof value === 'string' && Number(prefix) <= bits
    ? []
    : [problem(path, value, 'must be a range of addresses', 'write it like "10.0.0.0/8" or "203.0.113.7/32"')];
};

export const destination: Rule = (value, path) => {
  const ports = optional(list(integer(1, 65_535), 1));
  const rule = isPlainObject(value) && 'cidr' in value ? shape({ cidr, ports }) : shape({ ...podPeerFields, ports });
  return rule(value, path);
};

export const networkPolicyShape = shape<NetworkPolicyOptions>({
  enabled: optional(flag),
  kedaNamespace: optional(namespaceName),
  prometheusNamespace: optional(namespaceName),
  dnsNamespace: optional(namespaceName),
  producers: optional(list(shape<PodPeer>(podPeerFields))),
  flowerClients: optional(list(shape<PodPeer>(podPeerFields))),
  workerEgress: optional(list(destination)),
  kubernetesApi: optional(shape({ cidr, ports: optional(list(integer(1, 65_535), 1)) })),
});
