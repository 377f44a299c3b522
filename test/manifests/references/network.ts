import { idOf, type Manifest } from '../../support/manifests';
import { ADDRESS } from './addresses';
import { type Container, type Inventory, type Labels, type Pod, queueTriggersOf, selects, variablesOf } from './inventory';

interface Selector {
  readonly matchLabels?: Labels;
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}

interface PolicyPort {
  readonly protocol: string;
  readonly port: number;
  readonly endPort?: number;
}

interface Rule {
  readonly peers?: readonly Peer[];
  readonly ports?: readonly PolicyPort[];
}

type Direction = 'Ingress' | 'Egress';

/** What RabbitMQ's command line tools listen on: no port of the container (RabbitMQ documentation, networking). */
const CLI_TOOLS = '35672-35682';
const DNS = ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 }));

/** NetworkPolicies select pods, name ports that these have, and let through every connection that the manifest itself asks for. */
export function networkProblems(inventory: Inventory): string[] {
  const policies = inventory.ofKind('NetworkPolicy');
  return [
    ...policies.flatMap((policy) => [...selectionProblems(inventory, policy), ...policyPortProblems(inventory, policy)]),
    ...new Set(
      inventory.pods.flatMap((pod) => [
        ...addressProblems(inventory, pod),
        ...nodeProblems(inventory, pod),
        ...dnsProblems(inventory, pod),
      ]),
    ),
    ...inventory.scalers.flatMap((object) => scalerProblems(inventory, object)),
  ];
}

function selectionProblems({ pods }: Inventory, policy: Manifest): string[] {
  const { matchLabels } = policy.spec.podSelector;
  const peers = (['Ingress', 'Egress'] as const).flatMap((direction) => rulesOf(policy, direction).flatMap(({ peers = [] }) => peers));
  // Labels of ours are for pods of this manifest; others are for programs that are not in it.
  const own = peers.filter(
    (peer) =>
      !peer.namespaceSelector && Object.keys(peer.podSelector?.matchLabels ?? {}).some((key) => key.startsWith('app.kubernetes.io/')),
  );
  return [matchLabels, ...own.map((peer) => peer.podSelector?.matchLabels)]
    .filter((labels) => !pods.some((pod) => selects(labels, pod.labels)))
    .map((labels) => `${idOf(policy)}: ${JSON.stringify(labels)} selects no pod`);
}

/** Ports belong to the pod that is connected to: the selected ones on the way in, the peers on the way out. */
function policyPortProblems({ pods }: Inventory, policy: Manifest): string[] {
  const selected = pods.filter((pod) => selects(policy.spec.podSelector.matchLabels, pod.labels));
  const ends = [
    ...rulesOf(policy, 'Ingress').map(({ ports = [] }) => ({ targets: selected, ports })),
    ...rulesOf(policy, 'Egress').map(({ peers = [], ports = [] }) => ({
      targets: pods.filter((pod) => peers.some((peer) => !peer.namespaceSelector && selects(peer.podSelector?.matchLabels, pod.labels))),
      ports,
    })),
  ];
  return ends.flatMap(({ targets, ports }) =>
    targets.flatMap((pod) =>
      ports
        .map(({ port, endPort }) => (endPort === undefined ? String(port) : `${port}-${endPort}`))
        .filter(
          (port) =>
            port !== CLI_TOOLS && !pod.containers.some(({ ports = [] }) => ports.some((each) => String(each.containerPort) === port)),
        )
        .map((port) => `${idOf(policy)}: ${port} is no port of ${pod.id}`),
    ),
  );
}

/** Addresses in a container's variables and files are those that it connects to. */
function addressProblems(inventory: Inventory, pod: Pod): string[] {
  return pod.containers.flatMap((container) =>
    textsOf(inventory, pod, container).flatMap((text) =>
      [...text.matchAll(ADDRESS)].flatMap(([, host = '', port]) =>
        targetsOf(inventory, host, Number(port)).flatMap(({ target, port }) => blocked(inventory, pod, target, port)),
      ),
    ),
  );
}

/** The nodes of a StatefulSet reach each other on every port of the Service that names them. */
function nodeProblems(inventory: Inventory, pod: Pod): string[] {
  const service = inventory.named('Service', pod.owner.spec.serviceName ?? '');
  if (!service || pod.owner.spec.replicas < 2) return [];
  return service.spec.ports.flatMap(({ port }: { port: number }) => blocked(inventory, pod, pod, port));
}

function dnsProblems(inventory: Inventory, pod: Pod): string[] {
  return DNS.filter(({ protocol, port }) => !allows(inventory, 'Egress', pod, 'outside', port, protocol)).map(
    ({ protocol }) => `${pod.id}: no NetworkPolicy lets it ask DNS over ${protocol}`,
  );
}

function scalerProblems(inventory: Inventory, object: Manifest): string[] {
  const hosts: string[] = queueTriggersOf(object).map(({ metadata }) => metadata.host);
  return hosts
    .flatMap((url) => [...url.matchAll(ADDRESS)].flatMap(([, host = '', port]) => targetsOf(inventory, host, Number(port))))
    .filter(({ target, port }) => !allows(inventory, 'Ingress', target, 'outside', port))
    .map(({ target, port }) => `${idOf(object)}: no NetworkPolicy lets KEDA in to ${target.id} on ${port}`);
}

function blocked(inventory: Inventory, from: Pod, to: Pod, port: number): string[] {
  return [
    ...(allows(inventory, 'Egress', from, to, port) ? [] : [`${from.id}: no NetworkPolicy lets it out to ${to.id} on ${port}`]),
    ...(allows(inventory, 'Ingress', to, from, port) ? [] : [`${to.id}: no NetworkPolicy lets ${from.id} in on ${port}`]),
  ];
}

/** As Kubernetes decides: a pod that no policy selects is open, else one rule of one policy must fit. */
function allows(inventory: Inventory, direction: Direction, pod: Pod, peer: Pod | 'outside', port: number, protocol = 'TCP'): boolean {
  const policies = inventory
    .ofKind('NetworkPolicy')
    .filter(({ spec }) => spec.policyTypes.includes(direction) && selects(spec.podSelector.matchLabels, pod.labels));
  const fits = ({ peers, ports }: Rule): boolean =>
    (!peers || peers.some((each) => isPeer(each, peer))) &&
    (!ports || ports.some((each) => each.protocol === protocol && port >= each.port && port <= (each.endPort ?? each.port)));
  return policies.length === 0 || policies.some((policy) => rulesOf(policy, direction).some(fits));
}

function isPeer({ podSelector, namespaceSelector }: Peer, pod: Pod | 'outside'): boolean {
  if (pod === 'outside') return namespaceSelector !== undefined;
  if (!podSelector || namespaceSelector) return false;
  return podSelector.matchLabels === undefined || selects(podSelector.matchLabels, pod.labels);
}

function rulesOf({ spec }: Manifest, direction: Direction): Rule[] {
  const rules: { from?: Peer[]; to?: Peer[]; ports?: PolicyPort[] }[] = spec[direction.toLowerCase()] ?? [];
  return rules.map(({ from, to, ports }) => ({ peers: from ?? to, ports }));
}

function textsOf(inventory: Inventory, pod: Pod, container: Container): string[] {
  return [...variablesOf(container).values(), ...inventory.mountedFiles(pod, container).flatMap(({ files }) => Object.values(files))];
}

/** The pods behind `service.namespace` or `pod.service.namespace`, and the port of theirs that is meant. */
function targetsOf(inventory: Inventory, host: string, port: number): { target: Pod; port: number }[] {
  const service = inventory.named('Service', host.split('.').at(-2) ?? '');
  const targetPort = service?.spec.ports.find((each: { port: number }) => each.port === port)?.targetPort;
  return inventory.pods
    .filter((pod) => selects(service?.spec.selector, pod.labels))
    .flatMap((target) =>
      target.containers
        .flatMap(({ ports = [] }) => ports)
        .filter(({ name, containerPort }) => name === targetPort || containerPort === targetPort)
        .map(({ containerPort }) => ({ target, port: containerPort })),
    );
}
