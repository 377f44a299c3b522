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
export type { SecretDeclaration } from '../workers/secrets/secret';
export type { Broker, BrokerContext, BrokerProvider } from './broker';
export type { BrokerUser } from './broker-users';
export { ExternalBroker, type ExternalBrokerOptions, type ExternalBrokerProps } from './external-broker/external-broker';
export { Flower, type FlowerOptions, type FlowerProps } from './flower';
export { NetworkPolicies, type NetworkPoliciesProps, PRODUCER_LABEL } from './network-policies';
export type { AddressRange, NetworkDestination, NetworkPolicyOptions, PodPeer } from './network-policy-options';
export type { ImageOptions } from './images';
export type { MetadataOptions } from './metadata';
export type { Resources } from './pod';
export { QueueAutoscaler, type QueueAutoscalerProps, type Scale } from './autoscaling/queue-autoscaler';
export { RabbitmqCluster, type RabbitmqClusterProps } from './rabbitmq/rabbitmq-cluster';
export type { RabbitmqClusterOptions } from './rabbitmq/options';
export type { ReleaseOptions } from './rabbitmq/release';
export type { ClientService, NetworkOptions } from './rabbitmq/services';
export type { ShutdownOptions } from './rabbitmq/shutdown';
export type { Retention, StorageOptions } from './rabbitmq/storage';
export {
  RabbitmqOperatorCluster,
  type RabbitmqOperatorClusterOptions,
  type RabbitmqOperatorClusterProps,
} from './rabbitmq/rabbitmq-operator-cluster';
export { RABBITMQ_LINES, type RabbitmqLine, type RabbitmqVersion } from './rabbitmq/versions';
export { RestrictedNamespace } from './restricted-namespace';
export type { RedisResultsOptions, ResultsOptions } from './results';
export { type ExternalSecretsOptions, type SecretsContext, SecretsJob, SecretSource } from './secrets';
export { SHRINK_ANNOTATION, ShrinkGuard, type ShrinkGuardProps } from './rabbitmq/shrink-guard';
export type { SchedulingOptions, Toleration } from './scheduling';
export { type Environment, render, synth } from './synth';
export { TaskCluster, type TaskClusterProps, type WorkerGroup } from './task-cluster';
export { TopologyJob, type TopologyJobOptions, type TopologyJobProps } from './topology-job';
export { WorkerDeployment, type WorkerDeploymentProps } from './workers/worker-deployment';
