import { ENVIRONMENT } from '../../../workers/environment';
import { idOf, type Manifest } from '../../support/manifests';
import { accountProblems } from './accounts';
import { type Container, type Inventory, type QueueTrigger, queueTriggersOf, variablesOf } from './inventory';

/** A ScaledObject has a target that leaves its replicas alone, watches its queues, and may log in. */
export function autoscalingProblems(inventory: Inventory): string[] {
  const scaled = inventory.ofKind('ScaledObject');
  const targets = scaled.map(({ spec }) => spec.scaleTargetRef.name);
  return [
    ...targets
      .filter((target, index) => targets.indexOf(target) < index)
      .map((target) => `Deployment/${target}: is the target of two ScaledObjects`),
    ...scaled.flatMap((object) => [...targetProblems(inventory, object), ...formulaProblems(object)]),
    ...inventory.scalers.flatMap((object) => [
      ...queueProblems(inventory, object),
      ...queueTriggersOf(object).flatMap((trigger) => triggerProblems(inventory, trigger).map((each) => `${idOf(object)}: ${each}`)),
    ]),
    ...inventory.ofKind('TriggerAuthentication').flatMap((object) => authenticationProblems(inventory, object)),
  ];
}

function targetProblems(inventory: Inventory, object: Manifest): string[] {
  const { scaleTargetRef } = object.spec;
  const target = inventory.named('Deployment', scaleTargetRef.name);
  if (!target) return [`${idOf(object)}: no Deployment/${scaleTargetRef.name}`];
  return target.spec.replicas === undefined ? [] : [`${idOf(target)}: sets replicas, which ${idOf(object)} sets, too`];
}

/** A scaler watches the queues that its workers serve, and counts on no more workers than they have tasks for. */
function queueProblems(inventory: Inventory, object: Manifest): string[] {
  const target = object.kind === 'ScaledJob' ? object : inventory.named('Deployment', object.spec.scaleTargetRef.name);
  const isWorker = ({ env }: Container) => env?.some(({ name }) => name === ENVIRONMENT.queues);
  const worker = inventory.pods.find(({ owner }) => owner === target)?.containers.find(isWorker);
  if (!worker) return [];
  const variables = variablesOf(worker);
  const triggers = queueTriggersOf(object);
  const [watched, served] = [triggers.map(({ metadata }) => metadata.queueName).join(','), variables.get(ENVIRONMENT.queues)];
  const concurrency = variables.get(ENVIRONMENT.concurrency);
  return [
    ...(watched === served ? [] : [`${idOf(object)}: watches ${watched}, but its workers serve ${served}`]),
    ...triggers
      .filter(({ metadata }) => metadata.mode === 'QueueLength' && Number(metadata.value) < Number(concurrency))
      .map(({ metadata }) => `${idOf(object)}: one worker per ${metadata.value} messages, but a worker takes ${concurrency}`),
  ];
}

function formulaProblems(object: Manifest): string[] {
  const formula: string | undefined = object.spec.advanced.scalingModifiers?.formula;
  const triggers: { name: string; type: string }[] = object.spec.triggers;
  const queues = queueTriggersOf(object).length;
  if (formula === undefined) return queues > 1 ? [`${idOf(object)}: has ${queues} triggers but no formula`] : [];
  const used: readonly string[] = (formula.match(/[a-z]\w*/g) ?? []).filter((word) => word !== 'max');
  // KEDA looks at nothing outside the formula but the CPU.
  const names = triggers.filter(({ type }) => type !== 'cpu').map(({ name }) => name);
  return [
    ...used.filter((name) => !names.includes(name)).map((name) => `${idOf(object)}: formula uses ${name}, which is no trigger`),
    ...names.filter((name) => !used.includes(name)).map((name) => `${idOf(object)}: formula leaves out trigger ${name}`),
  ];
}

function triggerProblems({ definitions, topology, ...inventory }: Inventory, { metadata, authenticationRef }: QueueTrigger): string[] {
  const { queueName, vhostName } = metadata;
  return [
    ...(topology.queues.some(({ name }) => name === queueName) ? [] : [`queue ${queueName} is not in topology.json`]),
    ...(definitions.queues.some(({ name }) => name === queueName) ? [] : [`queue ${queueName} is not in definitions.json`]),
    ...(definitions.vhosts.some(({ name }) => name === vhostName) ? [] : [`virtual host ${vhostName} is not in definitions.json`]),
    ...(inventory.objects.some((object) => idOf(object) === `TriggerAuthentication/${authenticationRef.name}`)
      ? []
      : [`no TriggerAuthentication/${authenticationRef.name}`]),
  ];
}

function authenticationProblems(inventory: Inventory, object: Manifest): string[] {
  const references: { parameter: string; name: string; key: string }[] = object.spec.secretTargetRef;
  const missing = references
    .filter(({ name, key }) => inventory.secrets.get(name)?.[key] === undefined)
    .map(({ name, key }) => `${idOf(object)}: Secret/${name} with key ${key} is not listed`);
  if (missing.length > 0) return missing;
  return [...new Set(references.map(({ name }) => name))].flatMap((name) =>
    accountProblems(inventory, idOf(object), name, ['management', 'monitoring', 'administrator']),
  );
}
