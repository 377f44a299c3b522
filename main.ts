import {
  bySize,
  RabbitmqCluster,
  type RabbitmqClusterOptions,
  type Resources,
  RestrictedNamespace,
  type Scale,
  SecretSource,
  synth,
  TaskCluster,
} from './constructs';

/** What differs from one environment to the next. */
interface TaskEnvironment {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly broker: RabbitmqClusterOptions;
  readonly workerResources: Resources;
  readonly secrets: SecretSource;
  readonly scale: { readonly general: Scale; readonly heavy: Scale };
}

const image = 'registry.example.com/warren-worker:0.1.0';

const development: TaskEnvironment = {
  name: 'development',
  namespace: 'tasks-development',
  image,
  broker: { nodes: 1, resources: { cpu: '100m', memory: '512Mi' }, storage: '2Gi' },
  workerResources: { cpu: '50m', memory: '128Mi' },
  secrets: SecretSource.bootstrap(),
  scale: { general: { min: 1, max: 5 }, heavy: { min: 0, max: 2 } },
};

const staging: TaskEnvironment = {
  name: 'staging',
  namespace: 'tasks-staging',
  image,
  broker: { nodes: 3, resources: { cpu: '250m', memory: '1Gi' }, storage: '10Gi' },
  workerResources: { cpu: '100m', memory: '256Mi' },
  secrets: SecretSource.existing(),
  scale: { general: { min: 1, max: 10 }, heavy: { min: 0, max: 4 } },
};

const production: TaskEnvironment = {
  name: 'production',
  namespace: 'tasks-production',
  image,
  broker: { nodes: 3, resources: { cpu: '1', memory: '2Gi' }, storage: '20Gi' },
  workerResources: { cpu: '100m', memory: '256Mi' },
  secrets: SecretSource.existing(),
  scale: { general: { min: 2, max: 30 }, heavy: { min: 0, max: 10 } },
};

synth([development, staging, production], (chart, environment) => {
  new RestrictedNamespace(chart, 'Namespace', environment.namespace);
  new TaskCluster(chart, 'Tasks', {
    image: environment.image,
    broker: RabbitmqCluster.of(environment.broker),
    queues: {
      small: { maxTaskSeconds: 30 },
      large: { maxTaskSeconds: 900, deliveryLimit: 3 },
    },
    routes: { 'tasks.lcs': bySize({ overBytes: 2000, to: 'large', otherwise: 'small' }) },
    workers: {
      general: { queues: ['small'], concurrency: 16, scale: environment.scale.general, resources: environment.workerResources },
      heavy: { queues: ['large'], concurrency: 2, scale: environment.scale.heavy, resources: environment.workerResources },
    },
    flower: {},
    secrets: environment.secrets,
  });
});
