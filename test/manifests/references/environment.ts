import { ENVIRONMENT, RESULTS_ENVIRONMENT, SECRETS_ENVIRONMENT, TLS_ENVIRONMENT, TOPOLOGY_ENVIRONMENT } from '../../../workers/environment';
import { type Container, type Inventory, type Pod, variablesOf } from './inventory';
import { problemOfPath } from './paths';

/** A container has every variable that its program reads, once, after the ones it is made of. */
export function environmentProblems(inventory: Inventory): string[] {
  return inventory.pods.flatMap((pod) =>
    pod.containers.flatMap((container) => [
      ...expansionProblems(pod, container),
      ...scriptProblems(inventory, pod, container),
      ...programProblems(pod, container),
    ]),
  );
}

function expansionProblems({ id }: Pod, { name: container, env = [] }: Container): string[] {
  return env.flatMap(({ name, value = '' }, index) => {
    const earlier = env.slice(0, index).map((variable) => variable.name);
    return [
      ...(earlier.includes(name) ? [`${id}: ${container} sets ${name} twice`] : []),
      ...[...value.matchAll(/\$\((\w+)\)/g)]
        .filter(([, used = '']) => !earlier.includes(used))
        .map(([, used]) => `${id}: ${name} of ${container} uses $(${used}), which is not set before it`),
    ];
  });
}

/** Where they are not set, there is no TLS (tls.ts looks at when there must be), no Redis, no broadcast, no deletion cost and no end. */
const OPTIONAL: readonly string[] = [
  ...Object.values(TLS_ENVIRONMENT),
  ...Object.values(RESULTS_ENVIRONMENT),
  ENVIRONMENT.broadcasts,
  ENVIRONMENT.pod,
  ENVIRONMENT.serviceAccount,
  ENVIRONMENT.maxTasks,
  ENVIRONMENT.idleSeconds,
  ENVIRONMENT.maxTasksPerChild,
  ENVIRONMENT.maxMemoryPerChildMib,
  ENVIRONMENT.threadHeapMib,
];

/** Variables that a program of the worker image reads, by the command in the container's arguments. */
const READ: Readonly<Record<string, readonly string[]>> = {
  worker: Object.values(ENVIRONMENT),
  topology: Object.values(TOPOLOGY_ENVIRONMENT),
  secrets: Object.values(SECRETS_ENVIRONMENT),
};

function programProblems({ id, owner }: Pod, container: Container): string[] {
  const program = container.args?.[0] ?? '';
  // A Job runs one task, and none when none is left.
  const ofJob = owner.kind === 'ScaledJob' ? [ENVIRONMENT.maxTasks, ENVIRONMENT.idleSeconds] : [];
  const read = READ[program] ?? [];
  if (read.length === 0) return [];
  const required = [...(READ[program] ?? []).filter((name) => !OPTIONAL.includes(name)), ...ofJob];
  const set = [...variablesOf(container).keys()].filter((name) => name.startsWith('WARREN_'));
  return [
    ...required.filter((name) => !set.includes(name)).map((name) => `${id}: does not set ${name}, which the program reads`),
    ...set
      .filter((name) => !read.includes(name) && !OPTIONAL.includes(name))
      .map((name) => `${id}: sets ${name}, which the program does not read`),
  ];
}

/** The script that a container runs: its capital variables are set, and files it takes from a mount are there. */
function scriptProblems(inventory: Inventory, pod: Pod, container: Container): string[] {
  const variables = variablesOf(container);
  const scripts = inventory
    .mountedFiles(pod, container)
    .flatMap(({ folder, files }) => Object.entries(files).filter(([file]) => container.command?.includes(`${folder}/${file}`)));
  return scripts.flatMap(([file, text]) => {
    const used = new Set([...text.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => name));
    const files = [...text.matchAll(/\$([A-Z][A-Z0-9_]*)\/([\w.-]+)/g)].map(([, name = '', rest]) => `${variables.get(name)}/${rest}`);
    return [
      ...[...used]
        .filter((name) => !variables.has(name))
        .map((name) => `${pod.id}: ${file} uses $${name}, which ${container.name} does not set`),
      ...files.flatMap((path) => {
        const problem = problemOfPath(inventory, pod, container, path);
        return problem === undefined ? [] : [`${pod.id}: ${file} uses ${path}, ${problem}`];
      }),
    ];
  });
}
