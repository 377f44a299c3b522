import type { Probes } from '../../../constructs';
import { renderWorkers, workerOf, workerPodOf, workerProblems } from '../../support/worker-objects';

const worker = (probes: Probes = {}) => workerOf(renderWorkers({ probes }));

describe('probes of a worker', () => {
  test('wait two minutes for the tasks to load, and restart only an event loop that stands still', () => {
    const { startupProbe, livenessProbe } = worker();
    expect([startupProbe.httpGet.path, livenessProbe.httpGet.path]).toEqual(['/livez', '/livez']);
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(120);
    expect(livenessProbe.periodSeconds * livenessProbe.failureThreshold).toBe(60);
  });

  test('give a standing event loop less time to end than running tasks get: it cannot drain', () => {
    const objects = renderWorkers({ queues: ['large'] });
    expect(workerPodOf(objects).terminationGracePeriodSeconds).toBe(920);
    expect(workerOf(objects).livenessProbe.terminationGracePeriodSeconds).toBe(30);
  });

  test('keep the defaults of what is not given', () =>
    expect(worker({ startup: { failureThreshold: 5 }, readiness: { periodSeconds: 1 }, liveness: { timeoutSeconds: 9 } })).toMatchObject({
      startupProbe: { periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 5 },
      readinessProbe: { periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 2 },
      livenessProbe: { periodSeconds: 10, timeoutSeconds: 9, failureThreshold: 6, terminationGracePeriodSeconds: 30 },
    }));

  test.each<[problem: string, probes: Record<string, unknown>, line: RegExp]>([
    ['an unknown probe', { livenes: {} }, /^workers\.general\.probes\.livenes: .* -> did you mean "liveness"\?$/],
    ['another address', { liveness: { path: '/' } }, /^workers\.general\.probes\.liveness\.path: got "\/" -> is not a known key/],
    [
      'a period of 0',
      { readiness: { periodSeconds: 0 } },
      /^workers\.general\.probes\.readiness\.periodSeconds: got 0 -> .* from 1 to 3600 seconds/,
    ],
    ['no failure at all', { startup: { failureThreshold: 0 } }, /^workers\.general\.probes\.startup\.failureThreshold: got 0 -> /],
    [
      'a grace of readiness',
      { readiness: { terminationGracePeriodSeconds: 5 } },
      /^workers\.general\.probes\.readiness\.terminationGracePeriodSeconds: got 5 -> is not a known key/,
    ],
  ])('refuse %s', (_, probes, line) => expect(workerProblems({ probes })).toEqual([expect.stringMatching(line)]));
});
