import type { k8s } from 'cdk8s-plus-27';
import type { Problem } from '../../workers/problems';
import { RESTRICTED_CONTAINER, resourceRequirements, type Resources } from '../pod';
import {
  distinct,
  givenAsIs,
  image,
  isPlainObject,
  join,
  list,
  optional,
  problem,
  quantity,
  type Rule,
  type Shape,
  shape,
  text,
} from '../rules';
import { volumeMount } from './volumes';

/**
 * A container beside the worker, in Kubernetes' own form. Security context and disk limit are filled in; it runs as the pod's user, 10001.
 */
export interface AddedContainer extends Omit<k8s.Container, 'image' | 'resources'> {
  readonly image: string;
  readonly resources: Resources;
}

export interface AddedContainerOptions {
  /**
   * Containers that run beside the worker, such as a proxy of a database. They get SIGTERM together with the worker and must serve it
   * until its tasks have ended.
   * @default []
   */
  readonly containers?: readonly AddedContainer[];
  /**
   * Containers that must end before the worker starts.
   * @default []
   */
  readonly initContainers?: readonly AddedContainer[];
}

export const WORKER_CONTAINER = 'worker';
export const WAIT_CONTAINER = 'wait-for-broker';
const OWN = [WORKER_CONTAINER, WAIT_CONTAINER];
const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe', 'lifecycle'] as const;

const resources = shape<Resources>({ cpu: quantity('cpu'), memory: quantity('bytes') });

const containerName: Rule = (value, path) =>
  OWN.includes(String(value))
    ? [problem(path, value, "is a container of the worker's own", 'rename it')]
    : text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be 1 to 63 of a-z, 0-9 and -', 'rename it')(value, path);

const container: Rule = (value, path) => {
  if (!isPlainObject(value)) return [problem(path, value, 'must be a container', 'give { name, image, resources, ... }')];
  return [
    ...containerName(value['name'], join(path, 'name')),
    ...image(value['image'], join(path, 'image')),
    ...resources(value['resources'], join(path, 'resources')),
    ...optional(list(volumeMount))(value['volumeMounts'], join(path, 'volumeMounts')),
  ];
};

export const addedContainerFields: Shape<AddedContainerOptions> = {
  containers: optional(list(container)),
  initContainers: optional(list(container)),
};

/** What the API server refuses, and the one port that is taken: containers of a pod share its network. */
export function addedContainerProblems(options: AddedContainerOptions, healthPort: number, path: string): Problem[] {
  const { containers = [], initContainers = [] } = options;
  const names = [...containers, ...initContainers].map(({ name }) => name);
  return [
    ...distinct(givenAsIs)(names, join(path, 'containers')),
    ...containers.flatMap(({ ports = [] }, index) =>
      ports.some(({ containerPort }) => containerPort === healthPort)
        ? [problem(`${join(path, 'containers')}[${index}].ports`, healthPort, "is the port of the worker's probes", 'use another port')]
        : [],
    ),
    ...initContainers.flatMap((each, index) =>
      PROBES.filter((key) => each[key] !== undefined).map((key) =>
        problem(`${join(path, 'initContainers')}[${index}].${key}`, each[key], 'is for containers that go on running', 'remove it'),
      ),
    ),
  ];
}

/** Mounts of the added containers. */
export function addedMounts({ containers = [], initContainers = [] }: AddedContainerOptions): k8s.VolumeMount[] {
  return [...containers, ...initContainers].flatMap(({ volumeMounts = [] }) => volumeMounts);
}

export function renderAddedContainer({ resources, securityContext, ...container }: AddedContainer): k8s.Container {
  return {
    ...container,
    resources: resourceRequirements(resources),
    securityContext: { ...RESTRICTED_CONTAINER.securityContext, ...securityContext },
  };
}
