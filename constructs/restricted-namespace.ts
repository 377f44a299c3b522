import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { clusterScoped } from './cluster-scoped';

/** A namespace in which Kubernetes refuses every pod that does not meet the Pod Security Standard "restricted". */
export class RestrictedNamespace extends k8s.KubeNamespace {
  constructor(scope: Construct, id: string, name: string) {
    const level = Object.fromEntries(['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']));
    super(scope, id, { metadata: { name, labels: level } });
    clusterScoped(this);
  }
}
