import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { DELETION_COST_ANNOTATION } from '../../workers/kubernetes/deletion-cost';
import { clusterScoped } from '../cluster-scoped';
import { labelsOf, namespaceSelector } from '../pod';

export interface DeletionCostAccessProps {
  readonly name: string;
  readonly partOf: string;
  readonly namespace: string;
  /** ServiceAccounts of the worker groups that write their deletion cost. */
  readonly serviceAccounts: readonly string[];
}

const POLICY_VERSION = 'admissionregistration.k8s.io/v1';

/**
 * Lets each worker write its own pod's deletion cost, and nothing else. A Role can only say "patch any pod of the namespace"; the
 * ValidatingAdmissionPolicy says which pod and which annotation (Kubernetes 1.30). It knows the pod from the token, which is bound to it.
 */
export class DeletionCostAccess extends Construct {
  readonly role: k8s.KubeRole;
  readonly roleBinding: k8s.KubeRoleBinding;
  /** ValidatingAdmissionPolicy; cluster-scoped, so its name holds the namespace. */
  readonly policy: ApiObject;
  readonly policyBinding: ApiObject;

  constructor(scope: Construct, id: string, props: DeletionCostAccessProps) {
    super(scope, id);
    const { name, partOf, namespace, serviceAccounts } = props;
    const labels = labelsOf(name, 'worker', partOf).all;
    this.role = new k8s.KubeRole(this, 'Role', {
      metadata: { name, labels },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['patch'] }],
    });
    this.roleBinding = new k8s.KubeRoleBinding(this, 'RoleBinding', {
      metadata: { name, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: serviceAccounts.map((account) => ({ kind: 'ServiceAccount', name: account })),
    });
    const metadata = { name: `${name}.${namespace}`, labels };
    this.policy = this.createObject('ValidatingAdmissionPolicy', metadata, policySpec(props));
    this.policyBinding = this.createObject('ValidatingAdmissionPolicyBinding', metadata, {
      policyName: this.policy.name,
      validationActions: ['Deny'],
    });
  }

  private createObject(kind: string, metadata: { name: string; labels: Record<string, string> }, spec: object): ApiObject {
    return clusterScoped(new ApiObject(this, kind, { apiVersion: POLICY_VERSION, kind, metadata, spec }));
  }
}

function policySpec({ namespace, serviceAccounts }: DeletionCostAccessProps): object {
  const users = serviceAccounts.map((account) => `'system:serviceaccount:${namespace}:${account}'`).join(', ');
  // Fields that may be absent are read as optional ones: an expression that fails would deny with words nobody understands.
  return {
    failurePolicy: 'Fail',
    matchConstraints: {
      namespaceSelector: namespaceSelector(namespace),
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods'], scope: 'Namespaced' }],
    },
    matchConditions: [{ name: 'is-worker', expression: `request.userInfo.username in [${users}]` }],
    variables: [
      { name: 'before', expression: 'oldObject.metadata.?annotations.orValue({})' },
      { name: 'after', expression: 'object.metadata.?annotations.orValue({})' },
      { name: 'pods', expression: "request.userInfo.?extra[?'authentication.kubernetes.io/pod-name'].orValue([])" },
    ],
    validations: [
      {
        expression: 'variables.pods.exists(pod, pod == object.metadata.name)',
        message: 'a worker may change no pod but its own, and only with the token mounted into it',
        reason: 'Forbidden',
      },
      {
        expression: ['spec', 'metadata.?labels', 'metadata.?finalizers', 'metadata.?ownerReferences']
          .map((field) => `object.${field} == oldObject.${field}`)
          .join(' && '),
        message: 'a worker may change nothing of its pod but one annotation',
        reason: 'Forbidden',
      },
      {
        expression:
          `variables.after.all(key, key == '${DELETION_COST_ANNOTATION}' || variables.before[?key] == optional.of(variables.after[key])) && ` +
          `variables.before.all(key, key in variables.after)`,
        message: `a worker may change no annotation but ${DELETION_COST_ANNOTATION}`,
        reason: 'Forbidden',
      },
    ],
  };
}
