import type { Rule } from '../rule';
import { CHECKOV } from './checkov';
import { KUBE_LINTER } from './kube-linter';
import { KUBE_SCORE } from './kube-score';
import { KUBESEC } from './kubesec';
import { POLARIS } from './polaris';
import { TRIVY } from './trivy';

/** Rules by linter. kube-score and checkov also run themselves (kube-score.test.ts, checkov.test.ts); the others are read from their sources. */
export const LINTERS: Readonly<Record<string, readonly Rule[]>> = {
  'kube-score': KUBE_SCORE,
  'kube-linter': KUBE_LINTER,
  checkov: CHECKOV,
  trivy: TRIVY,
  polaris: POLARIS,
  kubesec: KUBESEC,
};

export const RULES: readonly Rule[] = Object.values(LINTERS).flat();
