import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { clusterScoped } from '../cluster-scoped';
import { namespaceSelector } from '../pod';

export interface ShrinkGuardProps {
  /** Name of the broker's StatefulSet. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Annotation of the StatefulSet that permits fewer nodes. Its value is the number of nodes to keep, so that what was written for one
 * shrink does not permit another one.
 */
export const SHRINK_ANNOTATION = 'warren/shrink-runbook-followed';

const RUNBOOK = 'docs/runbooks/grow-and-shrink.md';
const API_VERSION = 'admissionregistration.k8s.io/v1';

/**
 * Makes the API server refuse fewer broker nodes, whoever asks: a node that is only switched off stays a member of the cluster and of its
 * queues, which then lose their majority. Needs Kubernetes 1.30. The annotation is not visible on the StatefulSet's scale, so
 * `kubectl scale` is refused even with it; `kubectl apply` and `patch` are not. Deleting the StatefulSet is not a shrink.
 */
export class ShrinkGuard extends Construct {
  /** ValidatingAdmissionPolicy; cluster-scoped, so its name holds the namespace. */
  readonly policy: ApiObject;
  readonly binding: ApiObject;

  constructor(scope: Construct, id: string, props: ShrinkGuardProps) {
    super(scope, id);
    const metadata = { name: `${props.name}.${props.namespace}.shrink-guard`, labels: props.labels };
    this.policy = this.createObject('ValidatingAdmissionPolicy', metadata, {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: namespaceSelector(props.namespace),
        resourceRules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            operations: ['UPDATE'],
            resources: ['statefulsets', 'statefulsets/scale'],
            resourceNames: [props.name],
            scope: 'Namespaced',
          },
        ],
      },
      // A Scale of 0 has no field replicas, and its metadata no annotations.
      variables: [
        { name: 'before', expression: 'oldObject.spec.?replicas.orValue(0)' },
        { name: 'after', expression: 'object.spec.?replicas.orValue(0)' },
        { name: 'permitted', expression: `object.metadata.?annotations[?'${SHRINK_ANNOTATION}'].orValue('')` },
      ],
      validations: [
        {
          expression: 'variables.after >= variables.before || variables.permitted == string(variables.after)',
          messageExpression: refusal(props),
          reason: 'Forbidden',
        },
      ],
    });
    this.binding = this.createObject('ValidatingAdmissionPolicyBinding', metadata, {
      policyName: this.policy.name,
      validationActions: ['Deny'],
    });
  }

  private createObject(kind: string, metadata: { name: string; labels: Readonly<Record<string, string>> }, spec: object): ApiObject {
    return clusterScoped(new ApiObject(this, kind, { apiVersion: API_VERSION, kind, metadata, spec }));
  }
}

/** A CEL expression for what the client reads. */
function refusal({ name, namespace }: ShrinkGuardProps): string {
  const [before, after] = ['before', 'after'].map((variable) => `' + string(variables.${variable}) + '`);
  const annotate = `kubectl -n ${namespace} annotate --overwrite statefulset ${name} ${SHRINK_ANNOTATION}=${after}`;
  return (
    `'StatefulSet ${name} must not shrink from ${before} to ${after} nodes: a node that is only switched off stays a member of the cluster and of its queues ` +
    `-> follow ${RUNBOOK}, then "${annotate}" and kubectl apply (kubectl scale stays refused)'`
  );
}
