import { App, Chart } from 'cdk8s';
import { RestrictedNamespace } from '../../constructs';
import { find, type Manifest } from '../support/manifests';

function render(namespace?: string): Manifest {
  const chart = new Chart(new App(), 'test', namespace === undefined ? {} : { namespace });
  new RestrictedNamespace(chart, 'Namespace', 'tasks-test');
  return find(chart.toJson(), 'Namespace', 'tasks-test');
}

describe('RestrictedNamespace', () => {
  test('makes Kubernetes refuse, warn about and record every pod that is not restricted', () =>
    expect(render('tasks-test').metadata.labels).toEqual({
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/audit': 'restricted',
    }));

  test.each([undefined, 'tasks-test'])('is in no namespace itself in a chart with namespace %p', (namespace) =>
    expect(render(namespace).metadata).not.toHaveProperty('namespace'),
  );
});
