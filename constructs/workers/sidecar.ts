import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { ENVIRONMENT } from '../../workers/environment';
import { throwIfAny } from '../../workers/problems';
import { encodeTopology, withoutUndefined } from '../../workers/topology';
import { PRODUCER_LABEL } from '../network-policies';
import { checksum } from '../pod';
import { integer, optional, shape } from '../rules';
import { gracePeriodOf, workerContainer, type WorkerProps, workerVolumes } from './container';
import { WORKER_UID } from './pod';
import { placeProblems, portProblems } from './sidecar-rules';

export interface SidecarOptions {
  /**
   * Port of the worker's probes, one that nothing else in the pod listens on.
   * @default 8081
   */
  readonly healthPort?: number;
}

export const SIDECAR_DEFAULTS = { healthPort: 8081 } as const satisfies Required<SidecarOptions>;

const sidecarShape = shape<SidecarOptions>({ healthPort: optional(integer(1, 65_535)) });

/**
 * A worker for the pod of another program, for a short queue that needs no pods of its own. It has the group's user, queues, limits and
 * options, but none that are for the whole pod: placement, added containers, accounts.
 *
 * The pod must be in the task system's namespace, where the Secrets are, and have `podLabels`: they let it through the broker's
 * NetworkPolicy. A policy of your own that limits its egress must let it out to the broker on port 5672 and to DNS.
 */
export class WorkerSidecar {
  /** The container. It has no readiness probe: the other program serves on while the broker is away. */
  readonly container: k8s.Container;
  readonly volumes: readonly k8s.Volume[];
  /** Labels that the pod must carry. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Annotations that restart the pod when the topology changes: the worker reads it once, at start. */
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** Least `terminationGracePeriodSeconds` of the pod. */
  readonly gracePeriodSeconds: number;

  private readonly namespace: string | undefined;
  private readonly healthPort: number;

  /** @throws InvalidConfiguration */
  constructor(worker: WorkerProps, options: SidecarOptions = {}) {
    throwIfAny(sidecarShape(options, `sidecar of ${worker.group}`));
    // Its pod is another program's, whose account it has.
    const props = { ...worker, deletionCost: false };
    const { healthPort } = { ...SIDECAR_DEFAULTS, ...withoutUndefined(options) };
    this.healthPort = healthPort;
    this.namespace = props.topologyConfig.metadata.namespace;
    const prefix = `worker-${props.group}`;
    this.container = renderContainer(props, prefix, healthPort);
    this.volumes = workerVolumes(props).map((volume) => ({ ...volume, name: `${prefix}-${volume.name}` }));
    this.podLabels = PRODUCER_LABEL;
    this.podAnnotations = checksum(encodeTopology(props.topology));
    this.gracePeriodSeconds = gracePeriodOf(props);
  }

  /**
   * As JSON for `initContainers`: a native sidecar (Kubernetes 1.29 or newer), which starts before the pod's containers, is stopped after
   * them and does not keep a Job's pod from ending. The types of cdk8s-plus-27 do not know its `restartPolicy` and would drop it.
   */
  get nativeContainer(): Readonly<Record<string, unknown>> {
    return { ...k8s.toJson_Container(this.container), restartPolicy: 'Always' };
  }

  /**
   * Puts the worker into the pods of a Deployment, Job or other workload, made with cdk8s-plus or as a plain object.
   * @param native as an init container that goes on running, see `nativeContainer`; the only form for Jobs
   * @throws InvalidConfiguration when the workload has no pod template, is in another namespace, or would never end; when the manifest is
   * written, also when another container has the port of the probes
   */
  addTo(workload: Construct, { native = false }: { readonly native?: boolean } = {}): void {
    const object = ApiObject.of(workload);
    throwIfAny(placeProblems(object, { native, namespace: this.namespace }));
    const render = object.toJson.bind(object);
    // Not as a patch: what patches add goes through the types afterwards.
    object.toJson = () => this.withWorker(render(), native, `${object.kind}/${object.name}`);
  }

  private withWorker(object: any, native: boolean, path: string): unknown {
    const { template } = object.spec;
    const { containers = [], initContainers = [], volumes = [], terminationGracePeriodSeconds = 30 } = template.spec;
    throwIfAny(portProblems(path, [...containers, ...initContainers], this.healthPort));
    const added = native
      ? { initContainers: [...initContainers, this.nativeContainer] }
      : { containers: [...containers, k8s.toJson_Container(this.container)] };
    const spec = {
      ...template.spec,
      ...added,
      volumes: [...volumes, ...this.volumes.map(k8s.toJson_Volume)],
      terminationGracePeriodSeconds: Math.max(terminationGracePeriodSeconds, this.gracePeriodSeconds),
    };
    const metadata = {
      ...template.metadata,
      labels: { ...template.metadata?.labels, ...this.podLabels },
      annotations: { ...template.metadata?.annotations, ...this.podAnnotations },
    };
    return { ...object, spec: { ...object.spec, template: { ...template, metadata, spec } } };
  }
}

function renderContainer(props: WorkerProps, prefix: string, healthPort: number): k8s.Container {
  const { env = [], volumeMounts = [], livenessProbe, startupProbe, readinessProbe: _, ...container } = workerContainer(props);
  const ask = (probe: k8s.Probe | undefined): k8s.Probe => ({
    ...probe,
    httpGet: { path: '/livez', port: k8s.IntOrString.fromNumber(healthPort) },
  });
  return {
    ...container,
    name: prefix,
    env: env.map((each) => (each.name === ENVIRONMENT.healthPort ? { ...each, value: String(healthPort) } : each)),
    // Without a name: names of ports must be the pod's only ones.
    ports: [{ containerPort: healthPort }],
    startupProbe: ask(startupProbe),
    livenessProbe: ask(livenessProbe),
    // The pod's own settings are the other program's.
    securityContext: { ...container.securityContext, runAsNonRoot: true, runAsUser: WORKER_UID, runAsGroup: WORKER_UID },
    volumeMounts: volumeMounts.map((mount) => ({ ...mount, name: `${prefix}-${mount.name}` })),
  };
}
