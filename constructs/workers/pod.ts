import type { k8s } from 'cdk8s-plus-27';
import { encodeTopology } from '../../workers/topology';
import { pullSecrets } from '../images';
import { checksum, labelsOf, restrictedPod, tolerateLostNode } from '../pod';
import { placement } from '../scheduling';
import { renderAddedContainer } from './added-containers';
import { gracePeriodOf, workerContainer, type WorkerProps, workerVolumes } from './container';
import { evictionAnnotation, isSafeToEvict } from './eviction';
import { renderSpread } from './spread';
import { waitContainer } from './wait-for-broker';

export interface WorkerPodProps extends WorkerProps {
  /** Name of what owns the pods. */
  readonly name: string;
  /** Name of the task system it belongs to. */
  readonly partOf: string;
}

/** Value of the label `app.kubernetes.io/component` of every worker. */
export const WORKER_COMPONENT = 'worker';
/** Over 10000, so that it is nobody on the host; the worker image runs under any number. */
export const WORKER_UID = 10001;
/** Seconds that a worker stays bound to a machine that is lost. */
const LOST_NODE_SECONDS = 30;

export function workerLabels({ name, partOf }: Pick<WorkerPodProps, 'name' | 'partOf'>) {
  return labelsOf(name, WORKER_COMPONENT, partOf);
}

/** The account a group's pods run under. */
export function accountNameOf({ name, serviceAccountName = name }: Pick<WorkerPodProps, 'name' | 'serviceAccountName'>): string {
  return serviceAccountName;
}

/** The pod of a worker group, for whatever owns it: a Deployment, or a Job (which adds its `restartPolicy`). */
export function workerPodTemplate(props: WorkerPodProps): k8s.PodTemplateSpec {
  const { safeToEvict = isSafeToEvict(gracePeriodOf(props)), podLabels, podAnnotations, topology } = props;
  return {
    metadata: {
      labels: { ...podLabels, ...workerLabels(props).all },
      annotations: {
        ...evictionAnnotation(safeToEvict),
        ...podAnnotations,
        // The worker reads its topology once, at start. Secrets need no checksum: their files are read at every connect.
        ...checksum(encodeTopology(topology)),
      },
    },
    spec: workerPod(props),
  };
}

function workerPod(props: WorkerPodProps): k8s.PodSpec {
  const { images, imagePullSecrets = [], tolerations = [], hostAliases = [], dnsConfig } = props;
  return {
    ...restrictedPod(WORKER_UID, accountNameOf(props)),
    ...pullSecrets({ imagePullSecrets: [...new Set([...(images?.imagePullSecrets ?? []), ...imagePullSecrets])] }),
    ...placement(props),
    terminationGracePeriodSeconds: gracePeriodOf(props),
    tolerations: [...tolerateLostNode(LOST_NODE_SECONDS), ...tolerations],
    topologySpreadConstraints: renderSpread(props, workerLabels(props).selector),
    ...(hostAliases.length > 0 && { hostAliases: [...hostAliases] }),
    dnsConfig,
    ...initContainers(props),
    containers: [workerContainer(props), ...(props.containers ?? []).map(renderAddedContainer)],
    volumes: workerVolumes(props),
  };
}

function initContainers(props: WorkerPodProps): Pick<k8s.PodSpec, 'initContainers'> {
  const wait = props.waitForBroker ? [waitContainer(props.image, props.broker.hosts.join(','), props.images)] : [];
  const containers = [...wait, ...(props.initContainers ?? []).map(renderAddedContainer)];
  return containers.length > 0 ? { initContainers: containers } : {};
}
