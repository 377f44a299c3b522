export { InvalidConfiguration, type Problem } from '../workers/problems';
export {
  bySize,
  type Limits,
  limitsOf,
  type Queue,
  type QueueDeclaration,
  type Route,
  type SizeRoute,
  type Topology,
} from '../workers/topology';
export type { Broker, BrokerContext, BrokerProvider, SecretDeclaration } from './broker';
export type { BrokerUser } from './broker-users';
export { ExternalBroker, type ExternalBrokerOptions, type ExternalBrokerProps } from './external-broker';
export { Flower, type FlowerOptions, type FlowerProps } from './flower';
export type { Resources } from './pod';
export { QueueAutoscaler, type QueueAutoscalerProps, type Scale } from './queue-autoscaler';
export { RabbitmqCluster, type RabbitmqClusterOptions, type RabbitmqClusterProps } from './rabbitmq-cluster';
export {
  RabbitmqOperatorCluster,
  type RabbitmqOperatorClusterOptions,
  type RabbitmqOperatorClusterProps,
} from './rabbitmq-operator-cluster';
export { RABBITMQ_LINES, type RabbitmqLine, type RabbitmqVersion } from './rabbitmq-versions';
export { RestrictedNamespace } from './restricted-namespace';
export { type Environment, render, synth } from './synth';
export { TaskCluster, type TaskClusterProps, type WorkerGroup } from './task-cluster';
export { WorkerDeployment, type WorkerDeploymentProps } from './worker-deployment';
