import { App, Chart } from 'cdk8s';
import { RabbitmqCluster, type RabbitmqClusterOptions, SHRINK_ANNOTATION, TaskCluster } from '../../../constructs';
import { find, type Manifest, NAMESPACE, renderTasks } from '../../support/manifests';

const render = (options: RabbitmqClusterOptions = {}): Manifest[] => renderTasks({ broker: RabbitmqCluster.of(options) });
const NAME = `tasks-broker.${NAMESPACE}.shrink-guard`;
const KINDS = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
const guards = (objects: readonly Manifest[]) => objects.filter(({ kind }) => KINDS.includes(kind));
const policy = () => find(render(), 'ValidatingAdmissionPolicy', NAME).spec;

describe('ShrinkGuard', () => {
  test('watches the StatefulSet and its scale, in one namespace, and never its deletion', () =>
    expect(policy().matchConstraints).toEqual({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
      resourceRules: [
        {
          apiGroups: ['apps'],
          apiVersions: ['v1'],
          operations: ['UPDATE'],
          resources: ['statefulsets', 'statefulsets/scale'],
          resourceNames: ['tasks-broker'],
          scope: 'Namespaced',
        },
      ],
    }));

  test('is in force: what it cannot judge is denied, and so is what it judges', () => {
    expect(policy().failurePolicy).toBe('Fail');
    expect(find(render(), 'ValidatingAdmissionPolicyBinding', NAME).spec).toEqual({ policyName: NAME, validationActions: ['Deny'] });
  });

  test('permits the number of nodes that the annotation names, and reads a missing number as none', () => {
    const { variables, validations } = policy();
    const expressions = Object.fromEntries(variables.map(({ name, expression }: Record<string, string>) => [name, expression]));
    expect(expressions).toEqual({
      before: 'oldObject.spec.?replicas.orValue(0)',
      after: 'object.spec.?replicas.orValue(0)',
      permitted: `object.metadata.?annotations[?'${SHRINK_ANNOTATION}'].orValue('')`,
    });
    expect(validations[0].expression).toBe('variables.after >= variables.before || variables.permitted == string(variables.after)');
  });

  test('says what to do, in one line', () => {
    const [{ messageExpression }] = policy().validations;
    expect(messageExpression).toContain('docs/runbooks/grow-and-shrink.md');
    expect(messageExpression).toContain(`kubectl -n ${NAMESPACE} annotate --overwrite statefulset tasks-broker ${SHRINK_ANNOTATION}=`);
    expect(messageExpression).not.toContain('\n');
  });

  test('is in no namespace itself, and its name is the only one in the cluster', () => {
    const image = 'worker:1';
    const names = ['a', 'b'].flatMap((namespace) => {
      const chart = new Chart(new App(), namespace, { namespace });
      for (const name of ['one', 'two']) {
        new TaskCluster(chart, name, { name, image, queues: { small: {} }, workers: { general: { queues: ['small'] } } });
      }
      const objects: Manifest[] = guards(chart.toJson());
      for (const { metadata } of objects) expect(metadata).not.toHaveProperty('namespace');
      return objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    });
    expect(names).toHaveLength(8);
    expect(new Set(names).size).toBe(8);
  });

  test('is there for several nodes, unless it is not wanted', () => {
    expect(guards(render()).map(({ kind }) => kind)).toEqual(KINDS);
    expect(guards(render({ shrinkGuard: undefined }))).toHaveLength(2);
    expect(guards(render({ shrinkGuard: false }))).toEqual([]);
    expect(guards(render({ nodes: 1 }))).toEqual([]);
  });
});
