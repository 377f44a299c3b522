import { RabbitmqCluster, type RabbitmqClusterOptions, type TaskClusterProps } from '../../constructs';
import { find, type Manifest, problemsOf, renderTasks } from './manifests';

/** A task system whose broker has these options. */
export function renderBroker(options: RabbitmqClusterOptions = {}, props: Partial<TaskClusterProps> = {}): Manifest[] {
  return renderTasks({ ...props, broker: RabbitmqCluster.of(options) });
}

/** What is wrong with options that types would not let through. */
export function brokerProblems(options: Readonly<Record<string, unknown>>): string[] {
  return problemsOf({ broker: RabbitmqCluster.of(options) });
}

export function statefulSetOf(objects: Manifest[]): any {
  return find(objects, 'StatefulSet', 'tasks-broker').spec;
}

/** Pod specification of a broker node. */
export function brokerPodOf(objects: Manifest[]): any {
  return statefulSetOf(objects).template.spec;
}

/** The server's container. */
export function serverOf(objects: Manifest[]): any {
  return brokerPodOf(objects).containers.find((each: { name: string }) => each.name === 'rabbitmq');
}
