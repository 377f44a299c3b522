import { find, problemsOf, renderTasks } from '../../support/manifests';

const group = (hpa: unknown) => ({ workers: { general: { queues: ['large'], hpa } } });
const objects = renderTasks({ workers: { general: { queues: ['large'], hpa: { min: 2, max: 9 } } } });

describe('CpuAutoscaler', () => {
  test('scales the Deployment on its CPU, without KEDA', () => {
    expect(find(objects, 'HorizontalPodAutoscaler', 'tasks-worker-general')).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'tasks-worker-general' },
        minReplicas: 2,
        maxReplicas: 9,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
      },
    });
    expect(objects.filter(({ apiVersion }) => apiVersion.startsWith('keda.sh/'))).toEqual([]);
    expect(JSON.stringify(find(objects, 'NetworkPolicy', 'tasks-broker'))).not.toContain('keda-operator');
  });

  test('leaves replicas to the autoscaler', () =>
    expect(find(objects, 'Deployment', 'tasks-worker-general').spec).not.toHaveProperty('replicas'));

  test('is as patient as with KEDA', () => {
    const { behavior } = find(objects, 'HorizontalPodAutoscaler', 'tasks-worker-general').spec;
    expect(behavior.scaleDown.stabilizationWindowSeconds).toBe(900);
    expect(behavior.scaleUp.stabilizationWindowSeconds).toBe(0);
  });

  test.each<[hpa: unknown, line: RegExp]>([
    [{ min: 0, max: 2 }, /^workers\.general\.hpa\.min: got 0 -> must be at least 1: the CPU of no workers cannot be measured/],
    [{ min: 3, max: 2 }, /^workers\.general\.hpa\.min: got 3 -> must not be over max \(2\)/],
    [{ min: 1, max: 0 }, /^workers\.general\.hpa\.max: got 0 -> /],
    [{ min: 1, max: 2, cpuPercent: 101 }, /^workers\.general\.hpa\.cpuPercent: got 101 -> /],
    [{ min: 1, max: 2, fallback: {} }, /^workers\.general\.hpa\.fallback: got \{\} -> needs KEDA/],
    [{ min: 1, max: 2, triggers: [] }, /^workers\.general\.hpa\.triggers: got \[\] -> needs KEDA/],
    [{ min: 1, max: 2, cpuPercnt: 5 }, /^workers\.general\.hpa\.cpuPercnt: got 5 -> .* -> did you mean "cpuPercent"\?$/],
  ])('refuses %j', (hpa, line) => expect(problemsOf(group(hpa))).toEqual([expect.stringMatching(line)]));
});
