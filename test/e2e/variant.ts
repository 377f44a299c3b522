import { App, Chart, Yaml } from 'cdk8s';
import {
  type BrokerProvider,
  RabbitmqCluster,
  type RabbitmqClusterOptions,
  RestrictedNamespace,
  TaskCluster,
  type TaskClusterProps,
} from '../../constructs';
import { IMAGE } from './image';
import { type KubernetesObject, System } from './system';

/** A broker like production's that asks for less of the machine. */
export const BROKER = { nodes: 3, resources: { cpu: '200m', memory: '1Gi' }, storage: '2Gi' } as const satisfies RabbitmqClusterOptions;
export const WORKER = { cpu: '20m', memory: '128Mi' } as const;

type Props = Omit<TaskClusterProps, 'image' | 'broker'> & { readonly broker?: RabbitmqClusterOptions | BrokerProvider };

/** Renders a task system of its own for a scenario; `edit` changes objects as a user's own patch would. */
export function variant(namespace: string, props: Props, edit: (object: KubernetesObject) => void = () => undefined): System {
  const chart = new Chart(new App(), 'variant', { namespace });
  new RestrictedNamespace(chart, 'Namespace', namespace);
  const { broker = {} } = props;
  const provider = 'create' in broker ? broker : RabbitmqCluster.of({ ...BROKER, ...broker });
  new TaskCluster(chart, 'Tasks', { ...props, image: IMAGE, broker: provider });
  const objects = chart.toJson() as KubernetesObject[];
  for (const object of objects) edit(object);
  return new System(namespace, Yaml.stringify(...objects), objects);
}
