export { InvalidConfiguration, type Problem } from '../workers/problems';
export {
  bySize,
  type Limits,
  limitsOf,
  type Queue,
  type QueueDeclaration,
  type QueueLimits,
  type Route,
  type SizeRoute,
  type Topology,
} from '../workers/topology';
export type { SecretDeclaration } from '../workers/secrets/secret';
export type { Broker, BrokerContext, BrokerPorts, BrokerProvider } from './broker';
export type { BrokerTls } from './broker-tls';
export type { BrokerUser } from './broker-users';
export {
  ExternalBroker,
  type ExternalBrokerOptions,
  type ExternalBrokerProps,
  type ExternalBrokerTls,
} from './external-broker/external-broker';
export { Flower, type FlowerOptions, type FlowerProps } from './flower';
export type { FlowerStorageOptions } from './flower-storage';
export { NetworkPolicies, type NetworkPoliciesProps, PRODUCER_LABEL } from './network-policies';
export type { AddressRange, NetworkDestination, NetworkPolicyOptions, PodPeer } from './network-policy-options';
export type { ImageOptions } from './images';
export type { MetadataOptions } from './metadata';
export type { Resources } from './pod';
export { type Budget, CONNECTIONS_PER_WORKER } from './autoscaling/budget';
export { CpuAutoscaler, type CpuAutoscalerProps } from './autoscaling/cpu-autoscaler';
export type { CpuTrigger, CronTrigger, ExtraTrigger, PrometheusTrigger } from './autoscaling/extra-triggers';
export type { JobHistory, JobScale } from './autoscaling/job-scale';
export type { Pause } from './autoscaling/pause';
export { QueueAutoscaler, type QueueAutoscalerProps } from './autoscaling/queue-autoscaler';
export type { CpuScale, FallbackOptions, Scale } from './autoscaling/scale';
export { RabbitmqCluster, type RabbitmqClusterProps } from './rabbitmq/rabbitmq-cluster';
export type { RabbitmqClusterOptions } from './rabbitmq/options';
export type { ReleaseOptions } from './rabbitmq/release';
export type { ClientService, NetworkOptions } from './rabbitmq/services';
export type { ShutdownOptions } from './rabbitmq/shutdown';
export type { CertManagerOptions } from './rabbitmq/certificate';
export type { TlsOptions } from './rabbitmq/tls';
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
export type { MachineOptions, PlacementOptions, SchedulingOptions, Toleration } from './scheduling';
export { type Environment, render, synth } from './synth';
export { TaskCluster, type TaskClusterProps, type WorkerGroup } from './task-cluster';
export { TopologyJob, type TopologyJobOptions, type TopologyJobProps } from './topology-job';
export type { AddedContainer, AddedContainerOptions } from './workers/added-containers';
export type { WorkerProps } from './workers/container';
export type { Count } from './workers/count';
export type { DisruptionBudget } from './workers/disruption-budget';
export { heapMebibytes } from './workers/node-options';
export type { WorkerOptions } from './workers/options';
export { workerPodTemplate, type WorkerPodProps } from './workers/pod';
export type { LivenessTimes, Probes, ProbeTimes } from './workers/probes';
export type { Rollout } from './workers/rollout';
export { type SidecarOptions, WorkerSidecar } from './workers/sidecar';
export type { SpreadOptions } from './workers/spread';
export type { SecretKey, VariableOptions } from './workers/variables';
export type { VolumeOptions } from './workers/volumes';
export { WorkerDeployment, type WorkerDeploymentProps } from './workers/worker-deployment';
export { WorkerJobs, type WorkerJobsProps } from './workers/worker-jobs';
