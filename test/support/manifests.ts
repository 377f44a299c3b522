import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart, Yaml } from 'cdk8s';
import { TaskCluster, type TaskClusterProps } from '../../constructs';
import { formatProblem, InvalidConfiguration } from '../../workers/problems';

/** One object of a manifest, as `kubectl apply` reads it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  /** Differs by kind. Tests look deep into it, and a field that is not there fails them. */
  spec?: any;
  data?: Record<string, string>;
}

export const REPOSITORY = join(__dirname, '../..');
export const DIST = join(REPOSITORY, 'dist');

/** Namespace of everything that `renderTasks` renders. */
export const NAMESPACE = 'tasks-test';

/** Names of the environments that main.ts renders, taken from the committed manifests. */
export const ENVIRONMENTS: readonly string[] = readdirSync(DIST)
  .filter((file) => file.endsWith('.k8s.yaml'))
  .map((file) => file.replace('.k8s.yaml', ''));

/** The committed manifest of one environment. */
export function loadEnvironment(name: string): Manifest[] {
  return Yaml.load(join(DIST, `${name}.k8s.yaml`));
}

/** The smallest declaration that is valid; tests add what they are about. */
const SMALLEST: TaskClusterProps = {
  image: 'registry.example.com/worker:1.0.0',
  queues: { small: { maxTaskSeconds: 30 }, large: { maxTaskSeconds: 900 } },
  workers: { general: { queues: ['small'] } },
};

/** A task system in a chart of its own. */
export function taskCluster(props: Partial<TaskClusterProps> = {}): TaskCluster {
  return new TaskCluster<string>(new Chart(new App(), 'test', { namespace: NAMESPACE }), 'Tasks', { ...SMALLEST, ...props });
}

/** The objects of a task system, rendered in memory. */
export function renderTasks(props: Partial<TaskClusterProps> = {}): Manifest[] {
  return Chart.of(taskCluster(props)).toJson();
}

/**
 * What is wrong with a declaration that types would not let through, one formatted line each.
 * @throws Error when nothing is wrong
 */
export function problemsOf(props: Readonly<Record<string, unknown>>): string[] {
  return problemsIn(() => taskCluster(props));
}

/** The problems of the one `InvalidConfiguration` that `build` throws. */
export function problemsIn(build: () => unknown): string[] {
  try {
    build();
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.problems.map(formatProblem);
    throw error;
  }
  throw new Error('expected InvalidConfiguration, but everything was accepted');
}

/** @throws Error that lists what there is, when there is no such object */
export function find(objects: readonly Manifest[], kind: string, name: string): Manifest {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind}/${name}; there is ${objects.map(idOf).join(', ')}`);
  return found;
}

/** What a workload's pods are made from; KEDA's ScaledJob holds the specification of a Job. */
export function podTemplateOf({ spec }: Manifest): any {
  return spec?.jobTargetRef?.template ?? spec?.template;
}

/** `Deployment/tasks-flower` */
export function idOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}

/** Text of one file in a ConfigMap. */
export function fileOf(objects: readonly Manifest[], configMap: string, file: string): string {
  const text = find(objects, 'ConfigMap', configMap).data?.[file];
  if (text === undefined) throw new Error(`ConfigMap/${configMap} has no file ${file}`);
  return text;
}

/** Environment variables of one container, by name; `undefined` for those that Kubernetes fills in. */
export function environmentOf(container: { env?: { name: string; value?: string }[] }): Record<string, string | undefined> {
  return Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]));
}
