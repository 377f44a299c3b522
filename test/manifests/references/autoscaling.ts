import { ENVIRONMENT } from '../../../workers/environment';
import { idOf, type Manifest } from '../../support/manifests';
import { accountProblems } from './accounts';
import { type Inventory, variablesOf } from './inventory';

interface Trigger {
  readonly name: string;
  readonly metadata: { readonly queueName: string; readonly vhostName: string; readonly value: string };
  readonly authenticationRef: { readonly name: string };
}

/** A ScaledObject has a target that leaves its replicas alone, watches its queues, and may log in. */
export function autoscalingProblems(inventory: Inventory): string[] {
  const scaled = inventory.ofKind('ScaledObject');
  const targets = scaled.map(({ spec }) => spec.scaleTargetRef.name);
  return [
    ...targets
      .filter((target, index) => targets.indexOf(target) < index)
      .map((target) => `Deployment/${target}: is the target of two ScaledObjects`),
    ...scaled.flatMap((object) => [
      ...targetProblems(inventory, object),
      ...formulaProblems(object),
      ...object.spec.triggers.flatMap((trigger: Trigger) => triggerProblems(inventory, trigger).map((each) => `${idOf(object)}: ${each}`)),
    ]),
    ...inventory.ofKind('TriggerAuthentication').flatMap((object) => authenticationProblems(inventory, object)),
  ];
}

function targetProblems(inventory: Inventory, object: Manifest): string[] {
  const { scaleTargetRef, triggers } = object.spec;
  const target = inventory.named('Deployment', scaleTargetRef.name);
  const pod = inventory.pods.find(({ owner }) => owner === target);
  if (!target || !pod) return [`${idOf(object)}: no Deployment/${scaleTargetRef.name}`];
  const variables = variablesOf(pod.containers.find(({ env }) => env?.some(({ name }) => name === ENVIRONMENT.queues)) ?? { name: '' });
  const [watched, served] = [triggers.map((trigger: Trigger) => trigger.metadata.queueName).join(','), variables.get(ENVIRONMENT.queues)];
  const concurrency = variables.get(ENVIRONMENT.concurrency);
  return [
    ...(target.spec.replicas === undefined ? [] : [`${idOf(target)}: sets replicas, which ${idOf(object)} sets, too`]),
    ...(watched === served ? [] : [`${idOf(object)}: watches ${watched}, but its workers serve ${served}`]),
    ...triggers
      .filter((trigger: Trigger) => trigger.metadata.value !== concurrency)
      .map((trigger: Trigger) => `${idOf(object)}: one worker per ${trigger.metadata.value} messages, but a worker takes ${concurrency}`),
  ];
}

function formulaProblems(object: Manifest): string[] {
  const formula: string | undefined = object.spec.advanced.scalingModifiers?.formula;
  const names: string[] = object.spec.triggers.map((trigger: Trigger) => trigger.name);
  if (formula === undefined) return names.length > 1 ? [`${idOf(object)}: has ${names.length} triggers but no formula`] : [];
  const used: readonly string[] = formula.match(/[a-z]\w*/g) ?? [];
  return [
    ...used.filter((name) => !names.includes(name)).map((name) => `${idOf(object)}: formula uses ${name}, which is no trigger`),
    ...names.filter((name) => !used.includes(name)).map((name) => `${idOf(object)}: formula leaves out trigger ${name}`),
  ];
}

function triggerProblems({ definitions, topology, ...inventory }: Inventory, { metadata, authenticationRef }: Trigger): string[] {
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
