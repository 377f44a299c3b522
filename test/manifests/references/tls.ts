import { CA_PATH } from '../../../constructs/broker-tls';
import { TLS_ENVIRONMENT } from '../../../workers/environment';
import { idOf, type Manifest } from '../../support/manifests';
import { type Container, type Inventory, type Pod, queueTriggersOf, selects, variablesOf } from './inventory';

const TLS_PORTS: readonly number[] = [5671, 15671];
/** Addresses of brokers: `host:port` of AMQP or of the management API. */
const BROKER_ADDRESS = /[\w.-]+\.[\w.-]+:(\d{4,5})\b/g;

/** Whoever connects to a port with TLS knows whom to trust, and nobody else does; keys are seen by the broker alone. */
export function tlsProblems(inventory: Inventory): string[] {
  return [
    ...inventory.pods.flatMap((pod) => [
      ...pod.containers.flatMap((container) => [...programProblems(pod, container), ...flowerProblems(inventory, pod, container)]),
      ...keyProblems(inventory, pod),
    ]),
    ...inventory.ofKind('ScaledObject').flatMap((object) => scalerProblems(inventory, object)),
    ...inventory.ofKind('Certificate').flatMap((object) => certificateProblems(inventory, object)),
  ];
}

function usesTls(text: string): boolean {
  return text.includes('https://') || [...text.matchAll(BROKER_ADDRESS)].some(([, port]) => TLS_PORTS.includes(Number(port)));
}

/** Programs of the worker image are told in a variable. */
function programProblems({ id }: Pod, container: Container): string[] {
  const variables = variablesOf(container);
  const texts = [...variables].filter(([name]) => /^WARREN_(BROKER_HOSTS|MANAGEMENT_URL)$/.test(name)).map(([, text]) => text);
  // What waits for the broker opens a port, and says nothing there.
  if (texts.length === 0 || container.name === 'wait-for-broker') return [];
  const [needed, told] = [texts.some(usesTls), variables.has(TLS_ENVIRONMENT.ca)];
  return needed === told
    ? []
    : [`${id}: ${container.name} ${needed ? 'is not told whom to trust' : 'is told to use TLS with a plain address'}`];
}

function flowerProblems(inventory: Inventory, pod: Pod, container: Container): string[] {
  const texts = inventory.mountedFiles(pod, container).flatMap(({ files }) => Object.values(files));
  const settings = texts.filter((text) => text.includes('broker_url = '));
  return settings.flatMap((text) => {
    const facts = [usesTls(text), text.includes('amqps://'), text.includes('broker_use_ssl = ')];
    const authority = text.includes(`"ca_certs": "${CA_PATH}"`) === (variablesOf(container).get('SSL_CERT_FILE') === CA_PATH);
    return new Set(facts).size === 1 && authority ? [] : [`${pod.id}: Flower's settings are not of one mind about TLS`];
  });
}

/** Clients mount the authorities and not the key that is in the same Secret. */
function keyProblems(inventory: Inventory, { id, owner, volumes }: Pod): string[] {
  if (owner.kind === 'StatefulSet') return [];
  return volumes.flatMap(({ secret }) =>
    secret && inventory.secrets.get(secret.secretName)?.['tls.key'] !== undefined && !secret.items
      ? [`${id}: sees the key of Secret/${secret.secretName}`]
      : [],
  );
}

/** KEDA looks at authorities only together with `tls: enable`, whose value must be in the ConfigMap that is named. */
function scalerProblems(inventory: Inventory, object: Manifest): string[] {
  return queueTriggersOf(object).flatMap(({ metadata, authenticationRef }) => {
    const { secretTargetRef = [], configMapTargetRef = [] } = inventory.named('TriggerAuthentication', authenticationRef.name)?.spec ?? {};
    const ca = secretTargetRef.some(({ parameter }: { parameter: string }) => parameter === 'ca');
    const enabled = configMapTargetRef.some(
      ({ parameter, name, key }: { parameter: string; name: string; key: string }) =>
        parameter === 'tls' && inventory.configMaps.get(name)?.[key] === 'enable',
    );
    return [
      ...(ca === enabled ? [] : [`${idOf(object)}: gives KEDA ${ca ? 'authorities without' : 'no authorities with'} tls: enable`]),
      ...(ca && !/^(https|amqps):/.test(metadata.host) ? [`${idOf(object)}: gives KEDA authorities for a plain address`] : []),
    ];
  });
}

/** What cert-manager makes is what the broker mounts, with the names of its Services. */
function certificateProblems(inventory: Inventory, object: Manifest): string[] {
  const { secretName, dnsNames } = object.spec as { secretName: string; dnsNames: string[] };
  const brokers = inventory.pods.filter(({ volumes }) => volumes.some(({ secret }) => secret?.secretName === secretName && !secret.items));
  const services = inventory.ofKind('Service').filter(({ spec }) => brokers.some((pod) => selects(spec.selector, pod.labels)));
  const named = services
    .filter(({ metadata }) => !metadata.name.endsWith('-external'))
    .map(({ metadata, spec }) => {
      const host = `${metadata.name}.${metadata.namespace}.svc`;
      return spec.clusterIP === 'None' ? `*.${host}` : host;
    });
  return [
    ...(brokers.length > 0 ? [] : [`${idOf(object)}: nobody mounts Secret/${secretName}`]),
    ...named.filter((name) => !dnsNames.includes(name)).map((name) => `${idOf(object)}: is not for ${name}`),
  ];
}
