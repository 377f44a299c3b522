import type { Exception } from './judge';

const BROKER = 'StatefulSet/tasks-broker';
const FLOWER = 'Deployment/tasks-flower';
const WORKERS = ['Deployment/tasks-worker-general', 'Deployment/tasks-worker-heavy'];
const JOBS = ['Job/tasks-topology', 'Job/tasks-secrets'];
const PODS = [BROKER, FLOWER, ...WORKERS, ...JOBS];

/** What stays as it is, and why. docs/policy.md is made from it. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    title: 'No CPU limit',
    rules: ['kube-score/container-resources', 'CKV_K8S_11', 'KSV-0011', 'polaris/cpuLimitsMissing', 'kubesec/LimitsCPU'],
    objects: PODS,
    reason:
      'A container at its CPU limit stands still for the rest of each period, and heartbeats and probes with it: a busy pod looks dead. ' +
      'CPU is requested, which decides who gets how much when it is short; memory is limited.',
  },
  {
    title: 'The broker has no liveness probe',
    rules: ['kube-score/pod-probes', 'CKV_K8S_8', 'polaris/livenessProbeMissing'],
    objects: [BROKER],
    reason:
      'A node that waits for its peers, or copies queues, is slow and not broken; to restart it makes both worse. RabbitMQ advises ' +
      'against it. A node that ends is restarted without a probe, and readiness takes a deaf one out of the Service.',
  },
  {
    title: 'Users and groups of the official images',
    rules: ['kube-score/container-security-context-user-group-id', 'CKV_K8S_40', 'KSV-0020', 'KSV-0021', 'kubesec/RunAsUser'],
    objects: [BROKER, FLOWER],
    reason: 'The pods run as the users that these images are made for (999 and 1000), neither of them root.',
  },
  {
    title: 'Images by tag, from the registry that is named, pulled once',
    rules: ['kube-score/container-image-pull-policy', 'CKV_K8S_15', 'CKV_K8S_43', 'polaris/pullPolicyNotAlways'],
    objects: PODS,
    reason:
      'Every tag is one release, and a pod that has its image can start while the registry is away. A digest may be given wherever an ' +
      'image is; which one is right depends on the registry it is mirrored to.',
  },
  {
    title: 'Official images come from the public registry',
    rules: ['KSV-0034'],
    objects: [BROKER, FLOWER],
    reason: 'Only you know your registry: name the mirrored image in the declaration.',
  },
  {
    title: 'Assignments in Python are taken for secrets',
    rules: ['KSV-0109'],
    objects: ['ConfigMap/tasks-flower-config'],
    reason:
      "Flower's settings are a program: `password = ...` reads a file of a mounted Secret. test/constructs/no-secrets.test.ts shows that " +
      'no manifest holds a secret.',
  },
  {
    title: 'Flower is one pod',
    rules: [
      'kube-score/deployment-replicas',
      'kube-score/deployment-strategy',
      'polaris/deploymentMissingReplicas',
      'polaris/missingPodDisruptionBudget',
    ],
    objects: [FLOWER],
    reason:
      'Two would each show half of what happened, also during a rolling update; no task depends on it. A PodDisruptionBudget for one pod ' +
      'could only block the drain of its node.',
  },
  {
    title: 'Flower is not spread',
    rules: ['polaris/topologySpreadConstraint'],
    objects: [FLOWER],
    reason: 'A single pod has nothing to spread.',
  },
  {
    title: 'A broker of one node is not spread',
    rules: ['polaris/topologySpreadConstraint'],
    objects: [BROKER],
    environments: ['development'],
    reason: 'A single pod has nothing to spread.',
  },
  {
    title: 'Flower has one health endpoint',
    rules: ['kube-score/pod-probes-identical'],
    objects: [FLOWER],
    reason:
      'Both probes ask `/healthcheck`, there is no other. Liveness waits for six failures in two minutes, readiness for three in 15 s.',
  },
  {
    title: 'Workers are spread by a topology constraint',
    rules: ['kube-score/deployment-has-host-podantiaffinity'],
    objects: WORKERS,
    reason:
      '`topologySpreadConstraints` on the host name do what the linter asks of `podAntiAffinity`, and go on working with more pods than nodes.',
  },
  {
    title: 'Workers have no PodDisruptionBudget',
    rules: ['kube-score/deployment-has-poddisruptionbudget', 'polaris/missingPodDisruptionBudget'],
    objects: WORKERS,
    reason:
      'An evicted worker finishes its tasks within its grace period or hands them back, and the queue keeps what waits: an eviction costs ' +
      'time and no task. A budget would make the drain of a node wait for one long task after the other.',
  },
  {
    title: 'The Job that creates Secrets talks to the Kubernetes API',
    rules: ['CKV_K8S_38', 'KSV-0036', 'polaris/automountServiceAccountToken', 'kubesec/AutomountServiceAccountToken'],
    objects: ['Job/tasks-secrets'],
    reason:
      'Its account may create Secrets in its namespace, and neither read nor change any. Without SecretSource.bootstrap() there is no such Job.',
  },
  {
    title: 'Jobs run one pod, once',
    rules: ['polaris/topologySpreadConstraint'],
    objects: JOBS,
    reason: 'A single pod has nothing to spread.',
  },
  {
    title: 'Names of Jobs end with a hash',
    rules: ['polaris/metadataAndNameMismatched'],
    objects: JOBS,
    reason: 'A Job cannot be changed, so a changed one needs another name; its label stays.',
  },
  {
    title: 'No priority class',
    rules: ['polaris/priorityClassNotSet'],
    objects: PODS,
    reason: 'PriorityClasses belong to the cluster: pods that name one which is not there are refused.',
  },
  {
    title: 'Named by app.kubernetes.io/name',
    rules: ['polaris/metadataAndInstanceMismatched'],
    objects: PODS,
    reason: 'The label app.kubernetes.io/name holds the name of the object, as older versions of polaris want it; one label is enough.',
  },
  {
    title: 'Profiles are fields, not annotations',
    rules: ['kubesec/SeccompAny', 'kubesec/ApparmorAny'],
    objects: PODS,
    reason: 'Kubernetes no longer reads these annotations. The field `seccompProfile` is set; AppArmor is the default of the node.',
  },
];

/** What other changes bring. Such an entry goes with the change: when a rule of it passes, the test fails until the entry is gone. */
export const AWAITED: readonly Exception[] = [];
