import { ENVIRONMENT } from '../../../workers/environment';
import { idOf } from '../../support/manifests';
import { type Container, type Inventory, type Pod, type Probe, selects, variablesOf } from './inventory';

/** Settings that make a program listen, and the container port they belong to. */
const LISTENERS: readonly [setting: RegExp, port: string][] = [
  [/^listeners\.tcp\.default = (\d+)$/gm, 'amqp'],
  [/^listeners\.ssl\.default = (\d+)$/gm, 'amqps'],
  [/^management\.tcp\.port = (\d+)$/gm, 'management'],
  [/^prometheus\.tcp\.port = (\d+)$/gm, 'prometheus'],
  [/^management\.ssl\.port = (\d+)$/gm, 'management-tls'],
  [/^prometheus\.ssl\.port = (\d+)$/gm, 'prometheus-tls'],
  [/^port = (\d+)$/gm, 'http'],
];

/** Every port that a Service, a probe or a program's own settings name is one that the container has. */
export function portProblems(inventory: Inventory): string[] {
  return [
    ...inventory
      .ofKind('Service')
      .flatMap((service) =>
        inventory.pods
          .filter((pod) => selects(service.spec.selector, pod.labels))
          .flatMap((pod) =>
            service.spec.ports
              .filter(
                ({ targetPort }: { targetPort: number | string }) => !pod.containers.some((container) => hasPort(container, targetPort)),
              )
              .map(
                ({ targetPort }: { targetPort: number | string }) => `${idOf(service)}: targetPort ${targetPort} is no port of ${pod.id}`,
              ),
          ),
      ),
    ...inventory.pods.flatMap((pod) =>
      pod.containers.flatMap((container) => [...probeProblems(pod, container), ...listenerProblems(inventory, pod, container)]),
    ),
  ];
}

function probeProblems({ id }: Pod, container: Container): string[] {
  const probes: Record<string, Probe | undefined> = {
    startupProbe: container.startupProbe,
    readinessProbe: container.readinessProbe,
    livenessProbe: container.livenessProbe,
  };
  return Object.entries(probes).flatMap(([name, probe]) => {
    const port = (probe?.httpGet ?? probe?.tcpSocket)?.port;
    return port === undefined || hasPort(container, port)
      ? []
      : [`${id}: ${name} of ${container.name} asks port ${port}, which it does not have`];
  });
}

function listenerProblems(inventory: Inventory, pod: Pod, container: Container): string[] {
  if (container.ports === undefined) return [];
  const texts = inventory.mountedFiles(pod, container).flatMap(({ files }) => Object.entries(files));
  const settings = texts.flatMap(([file, text]) =>
    LISTENERS.flatMap(([setting, port]) =>
      [...text.matchAll(setting)].map(([, number]) => ({ where: file, port, number: Number(number) })),
    ),
  );
  const health = variablesOf(container).get(ENVIRONMENT.healthPort);
  return [...settings, ...(health === undefined ? [] : [{ where: ENVIRONMENT.healthPort, port: 'health', number: Number(health) }])]
    .filter(({ port, number }) => !container.ports?.some(({ name, containerPort }) => name === port && containerPort === number))
    .map(({ where, port, number }) => `${pod.id}: ${where} makes ${container.name} listen on ${number}, but its port ${port} is another`);
}

function hasPort({ ports = [] }: Container, port: number | string): boolean {
  return ports.some(({ name, containerPort }) => name === port || containerPort === port);
}
