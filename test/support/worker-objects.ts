import type { TaskClusterProps, WorkerGroup } from '../../constructs';
import { find, type Manifest, problemsOf, renderTasks } from './manifests';

/** A task system whose one worker group, `general` on the queue `small`, has these options. */
export function renderWorkers(options: Partial<WorkerGroup> = {}, props: Partial<TaskClusterProps> = {}): Manifest[] {
  return renderTasks({ ...props, workers: { general: { queues: ['small'], ...options } } });
}

export function workersOf(objects: Manifest[]): any {
  return find(objects, 'Deployment', 'tasks-worker-general').spec;
}

/** Pod specification of a worker. */
export function workerPodOf(objects: Manifest[]): any {
  return workersOf(objects).template.spec;
}

/** The container that runs the tasks. */
export function workerOf(objects: Manifest[]): any {
  return workerPodOf(objects).containers.find((each: { name: string }) => each.name === 'worker');
}

/** What is wrong with options that types would not let through. */
export function workerProblems(options: Readonly<Record<string, unknown>>): string[] {
  return problemsOf({ workers: { general: { queues: ['small'], ...options } } });
}
