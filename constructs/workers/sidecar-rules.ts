import type { ApiObject } from 'cdk8s';
import type { Problem } from '../../workers/problems';
import { problem } from '../rules';

/** Where a sidecar is put. */
interface Place {
  readonly native: boolean;
  /** Namespace of the task system. */
  readonly namespace: string | undefined;
}

/** Workloads that a sidecar cannot be put into. */
export function placeProblems(workload: ApiObject, { native, namespace }: Place): Problem[] {
  const { kind, name, metadata } = workload;
  const path = `${kind}/${name}`;
  if (!workload.toJson().spec?.template?.spec) {
    return [problem(path, kind, 'must have a pod template as its spec.template', 'put the fields of sidecar() into its pod yourself')];
  }
  return [
    ...(kind === 'Job' && !native
      ? [problem(path, native, 'would never end: the worker goes on running', 'write addTo(job, { native: true })')]
      : []),
    ...(metadata.namespace === namespace
      ? []
      : [problem(path, metadata.namespace, `must be in the task system's namespace (${namespace}): its Secrets are there`, 'move it')]),
  ];
}

/** Ports that another container of the pod listens on; asked when the manifest is written, when all containers are known. */
export function portProblems(path: string, containers: readonly any[], port: number): Problem[] {
  const taken = containers.some(({ ports = [] }) => ports.some(({ containerPort }: { containerPort: number }) => containerPort === port));
  return taken
    ? [problem(path, port, "is another container's port: the probes of the worker need their own", 'write sidecar({ healthPort: ... })')]
    : [];
}
