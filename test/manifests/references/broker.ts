import { ENVIRONMENT } from '../../../workers/environment';
import { secretAt, userOf } from './accounts';
import { type Inventory, type Pod, variablesOf } from './inventory';

/** Queues, exchanges and virtual hosts mean the same in the definitions, the topology, the workers and Flower. */
export function brokerProblems(inventory: Inventory): string[] {
  return [
    ...definitionProblems(inventory).map((each) => `definitions.json: ${each}`),
    ...topologyProblems(inventory).map((each) => `topology.json: ${each}`),
    ...inventory.pods.flatMap((pod) => [
      ...workerProblems(inventory, pod),
      ...flowerProblems(inventory, pod),
      ...nodeProblems(inventory, pod),
    ]),
  ];
}

function definitionProblems({ definitions }: Inventory): string[] {
  const { bindings, permissions, policies, queues, users } = definitions;
  const has = (list: readonly { readonly name: string }[], name: string | undefined) => list.some((each) => each.name === name);
  return [
    ...bindings.flatMap(({ source, destination, destination_type: type }) => [
      ...(has(definitions.exchanges, source) ? [] : [`a binding starts at exchange ${source}, which is not there`]),
      ...(has(type === 'queue' ? queues : definitions.exchanges, destination)
        ? []
        : [`a binding ends at ${type} ${destination}, which is not there`]),
    ]),
    ...permissions.filter(({ user }) => !has(users, user)).map(({ user }) => `permissions for user ${user}, who is not there`),
    ...permissions
      .filter(({ vhost }) => !has(definitions.vhosts, vhost))
      .map(({ vhost }) => `permissions in virtual host ${vhost}, which is not there`),
    ...policies.flatMap(({ name, pattern, definition }) => {
      const [exchange, key] = [definition['dead-letter-exchange'], definition['dead-letter-routing-key']];
      return [
        ...(queues.some((queue) => new RegExp(pattern).test(queue.name)) ? [] : [`policy ${name} matches no queue`]),
        ...(bindings.some(({ source, routing_key }) => source === exchange && routing_key === key)
          ? []
          : [`dead letters of policy ${name} reach no queue`]),
      ];
    }),
  ];
}

function topologyProblems({ definitions, topology }: Inventory): string[] {
  const { queues, exchanges, vhosts, bindings } = definitions;
  const reaches = (source: string, queue: string) =>
    bindings.some((each) => each.source === source && [queue, `#.${queue}`].includes(each.routing_key) && each.destination === queue);
  return [
    ...[topology.exchange, topology.deadLetterExchange]
      .filter((name) => !exchanges.some((each) => each.name === name))
      .map((name) => `exchange ${name} is not in definitions.json`),
    ...(vhosts.some(({ name }) => name === topology.virtualHost)
      ? []
      : [`virtual host ${topology.virtualHost} is not in definitions.json`]),
    ...topology.queues.flatMap(({ name, deadLetterQueue }) => [
      ...[name, deadLetterQueue]
        .filter((queue) => !queues.some((each) => each.name === queue))
        .map((queue) => `queue ${queue} is not in definitions.json`),
      ...(reaches(topology.exchange, name) ? [] : [`queue ${name} is not bound to exchange ${topology.exchange}`]),
      ...(reaches(topology.deadLetterExchange, deadLetterQueue)
        ? []
        : [`queue ${deadLetterQueue} is not bound to exchange ${topology.deadLetterExchange}`]),
    ]),
    ...Object.entries(topology.routes).flatMap(([task, route]) =>
      (typeof route === 'string' ? [route] : [route.to, route.otherwise])
        .filter((queue) => !topology.queues.some(({ name }) => name === queue))
        .map((queue) => `the route of ${task} ends at queue ${queue}, which is not there`),
    ),
  ];
}

function workerProblems(inventory: Inventory, pod: Pod): string[] {
  const { definitions, topology } = inventory;
  return pod.containers.flatMap((container) => {
    const variables = variablesOf(container);
    const [served, folder] = [variables.get(ENVIRONMENT.queues), variables.get(ENVIRONMENT.brokerCredentials)];
    if (served === undefined || folder === undefined) return [];
    const secret = secretAt(pod, container, folder) ?? '';
    const user = userOf(inventory, secret);
    const may = (action: 'read' | 'write', name: string) =>
      inventory.isGiven(secret) || definitions.permissions.some((entry) => entry.user === user && new RegExp(entry[action]).test(name));
    return [
      ...served
        .split(',')
        .flatMap((queue) => [
          ...(topology.queues.some(({ name }) => name === queue) ? [] : [`${pod.id}: queue ${queue} is not in topology.json`]),
          ...(may('read', queue) ? [] : [`${pod.id}: user ${user} may not read queue ${queue}`]),
        ]),
      ...[topology.exchange, topology.deadLetterExchange]
        .filter((name) => !may('write', name))
        .map((name) => `${pod.id}: user ${user} may not write to exchange ${name}`),
    ];
  });
}

function flowerProblems(inventory: Inventory, pod: Pod): string[] {
  const texts = pod.containers.flatMap((container) => inventory.mountedFiles(pod, container).flatMap(({ files }) => Object.values(files)));
  const hosts = texts.flatMap((text) =>
    [...text.matchAll(/^broker_url = f"amqps?:\/\/[^/]+\/([^"]*)"$/gm)].map(([, vhost = '']) => decodeURIComponent(vhost)),
  );
  return hosts
    .filter((vhost) => vhost !== inventory.topology.virtualHost)
    .map((vhost) => `${pod.id}: broker_url names virtual host ${vhost}, not ${inventory.topology.virtualHost}`);
}

/** What the broker's own pods are told of their cluster. */
function nodeProblems(inventory: Inventory, { id, owner, containers }: Pod): string[] {
  return containers.flatMap((container) => {
    const variables = variablesOf(container);
    if (!variables.has('STATEFUL_SET')) return [];
    const conf = [...inventory.configMaps.values()].flatMap((files) =>
      [files['rabbitmq.conf'] ?? files['operatorDefaults.conf'] ?? []].flat(),
    );
    const ports = containers.flatMap(({ ports = [] }) => ports);
    // Plain, while there is one: nodes that do not speak TLS yet have it, too.
    const amqp = ports.find(({ name }) => name === 'amqp') ?? ports.find(({ name }) => name === 'amqps');
    const facts: [fact: string, told: string | undefined, real: unknown][] = [
      ['STATEFUL_SET', variables.get('STATEFUL_SET'), owner.metadata.name],
      ['NODES', variables.get('NODES'), owner.spec.replicas],
      ['NODES_DOMAIN', variables.get('NODES_DOMAIN')?.split('.')[0], owner.spec.serviceName],
      ['AMQP_PORT', variables.get('AMQP_PORT'), amqp?.containerPort],
      ['target_cluster_size_hint', /target_cluster_size_hint = (\d+)/.exec(conf.join('\n'))?.[1], owner.spec.replicas],
    ];
    return facts
      .filter(([, told, real]) => told !== String(real))
      .map(([fact, told, real]) => `${id}: ${fact} says ${told}, but it is ${String(real)}`);
  });
}
