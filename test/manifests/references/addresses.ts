import { ENVIRONMENT } from '../../../workers/environment';
import { idOf, type Manifest } from '../../support/manifests';
import { type Inventory, queueTriggersOf, variablesOf } from './inventory';

/** `host:port` of a Service or of one pod behind it. */
export const ADDRESS = /([a-z0-9-]+(?:\.[a-z0-9-]+)*)\.svc(?:\.cluster\.local)?:(\d+)/g;

/** Every `host:port`, wherever it stands, is a Service with that port or a pod that its StatefulSet really has. */
export function addressProblems(inventory: Inventory): string[] {
  return [
    ...inventory.objects.flatMap((object) => {
      const found = [...JSON.stringify(object).matchAll(ADDRESS)];
      const problems = found.flatMap(([address, host = '', port]) =>
        problemsOf(inventory, object, host, Number(port)).map((each) => `${address} ${each}`),
      );
      return [...new Set(problems)].map((problem) => `${idOf(object)}: ${problem}`);
    }),
    ...unreadable(inventory),
  ];
}

function problemsOf(inventory: Inventory, { metadata }: Manifest, host: string, port: number): string[] {
  const [, pod, name = '', namespace] = /^(?:([^.]+)\.)?([^.]+)\.([^.]+)$/.exec(host) ?? [];
  const service = inventory.named('Service', name);
  if (!service) return ['names no Service'];
  if (namespace !== metadata.namespace) return [`is in namespace ${namespace}, the Service in ${metadata.namespace}`];
  if (pod === undefined)
    return service.spec.ports.some((each: { port: number }) => each.port === port) ? [] : [`is no port of Service/${name}`];
  const owner = inventory.pods.find(({ owner }) => owner.spec.serviceName === name && pod.startsWith(`${owner.metadata.name}-`));
  if (!owner) return [`names no pod (${pod})`];
  const ordinal = Number(pod.slice(owner.owner.metadata.name.length + 1));
  if (!(ordinal >= 0 && ordinal < owner.owner.spec.replicas)) return [`names pod ${ordinal} of ${owner.owner.spec.replicas}`];
  return owner.containers.some(({ ports = [] }) => ports.some(({ containerPort }) => containerPort === port))
    ? []
    : [`is no port of ${owner.id}`];
}

/** Settings that must be an address from end to end; one of an external broker may be anywhere. */
function unreadable(inventory: Inventory): string[] {
  const address = inventory.imported ? /^[\w.-]+:\d+$/ : new RegExp(`^${ADDRESS.source}$`);
  const hosts = inventory.pods.flatMap((pod) =>
    pod.containers.flatMap((container) => {
      const list = variablesOf(container).get(ENVIRONMENT.brokerHosts);
      return (list?.split(',') ?? []).map((text) => ({ id: pod.id, text }));
    }),
  );
  const urls = inventory.scalers.flatMap((object) =>
    queueTriggersOf(object).map(({ metadata }) => ({
      id: idOf(object),
      text: /^(?:https?:\/\/([^/]+)\/|amqps?:\/\/([^/]+))$/.exec(metadata.host)?.slice(1).find(Boolean) ?? metadata.host,
    })),
  );
  return [...hosts, ...urls]
    .filter(({ text }) => !address.test(text))
    .map(({ id, text }) => `${id}: "${text}" is not <service>.<namespace>.svc:<port>`);
}
