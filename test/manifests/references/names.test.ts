import { testFixtures } from './parts';

const GUARD = 'tasks-broker.tasks-production.shrink-guard';

describe('nameProblems', () => {
  testFixtures([
    ['an object that is there twice', (p) => p.objects.push(p.of('Service', 'tasks-flower')), 'Service/tasks-flower: is there twice'],
    [
      'another namespace',
      (p) => (p.of('Service', 'tasks-flower').metadata.namespace = 'other'),
      'Service/tasks-flower: no Namespace/other',
    ],
    [
      'a namespace on a kind that is in none',
      (p) => (p.of('ValidatingAdmissionPolicy', GUARD).metadata.namespace = 'tasks-production'),
      `ValidatingAdmissionPolicy/${GUARD}: is in a namespace, but its kind is in none`,
    ],
  ]);
});
