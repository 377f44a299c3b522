import { testFixtures } from './parts';

describe('nameProblems', () => {
  testFixtures([
    ['an object that is there twice', (p) => p.objects.push(p.of('Service', 'tasks-flower')), 'Service/tasks-flower: is there twice'],
    [
      'another namespace',
      (p) => (p.of('Service', 'tasks-flower').metadata.namespace = 'other'),
      'Service/tasks-flower: no Namespace/other',
    ],
  ]);
});
