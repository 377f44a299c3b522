import { type Parts, testFixtures } from './parts';

const GUARD = 'tasks-broker.tasks-production.shrink-guard';
const constraints = (p: Parts) => p.of('ValidatingAdmissionPolicy', GUARD).spec.matchConstraints;

describe('admissionProblems', () => {
  testFixtures([
    [
      'a policy that nothing binds',
      (p) => p.remove('ValidatingAdmissionPolicyBinding', GUARD),
      `ValidatingAdmissionPolicy/${GUARD}: is bound by nothing`,
    ],
    [
      'a binding to nothing',
      (p) => p.remove('ValidatingAdmissionPolicy', GUARD),
      `ValidatingAdmissionPolicyBinding/${GUARD}: no ValidatingAdmissionPolicy/${GUARD}`,
    ],
    [
      'a policy for another namespace',
      (p) => (constraints(p).namespaceSelector.matchLabels['kubernetes.io/metadata.name'] = 'other'),
      `ValidatingAdmissionPolicy/${GUARD}: no Namespace/other`,
    ],
    [
      'a policy for an object that is not there',
      (p) => (constraints(p).resourceRules[0].resourceNames[0] = 'broker'),
      `ValidatingAdmissionPolicy/${GUARD}: watches broker, which is not there`,
    ],
  ]);
});
