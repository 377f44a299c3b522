import { join } from 'node:path';
import { kubeScore } from '../support/kube-score';
import { DIST, ENVIRONMENTS, loadEnvironment } from '../support/manifests';
import { note } from '../support/notes';
import { run } from '../support/processes';
import { skipsBroker } from '../support/skip-broker';
import { BAD, BAD_FILE } from './bad';
import { AWAITED, EXCEPTIONS } from './exceptions';
import { entriesFor, judge } from './judge';
import { findingsOf, keysOf } from './rule';
import { KUBE_SCORE } from './rules/kube-score';

/** kube-score's own words for one object. */
interface Scored {
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string };
    /** 10 is good, 7 almost, 5 a warning, 1 critical. */
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly summary: string }[] | null;
  }[];
}

/** Checks that came after the version that can be built everywhere. */
const NOT_IN_PROGRAM = ['kube-score/deployment-replicas', 'kube-score/deployment-strategy'];
const IN_PROGRAM = KUBE_SCORE.filter(({ id }) => !NOT_IN_PROGRAM.includes(id));
const IDS = IN_PROGRAM.map(({ id }) => id);

const found = kubeScore();
const describeProgram = 'missing' in found || skipsBroker() ? describe.skip : describe;

describeProgram('kube-score itself', () => {
  const program = 'program' in found ? found.program : '';
  const counts: string[] = [];
  afterAll(() => note(`policy: kube-score finds ${counts.join(', ')}, all listed with a reason`));

  test.each(ENVIRONMENTS)('finds in %s what is listed and what our rules find', async (environment) => {
    const findings = await score(program, join(DIST, `${environment}.k8s.yaml`));
    expect(judge(findings, entriesFor(environment, [...EXCEPTIONS, ...AWAITED], IDS))).toEqual({ unexplained: [], unused: [] });
    expect(keysOf(findings)).toEqual(keysOf(findingsOf(IN_PROGRAM, loadEnvironment(environment))));
    counts.push(`${keysOf(findings).size} in ${environment}`);
  });

  test('finds in the bad manifests what our rules find', async () =>
    expect(keysOf(await score(program, BAD_FILE))).toEqual(keysOf(findingsOf(IN_PROGRAM, BAD))));
});

async function score(program: string, file: string) {
  // It ends with 1 when it has found something critical: the report says more.
  const report = await run(['sh', '-c', '"$0" score --output-format json "$1" || [ $? = 1 ]', program, file]);
  const objects = JSON.parse(report) as Scored[];
  expect(objects.length).toBeGreaterThan(5);
  return objects.flatMap(({ object_name: name, checks }) =>
    checks
      .filter(({ grade, skipped }) => grade < 10 && !skipped)
      .map(({ check, comments }) => ({ rule: `kube-score/${idOf(check.id, comments?.[0]?.summary)}`, object: objectOf(name) })),
  );
}

/** Later versions have this finding as a check of its own. */
function idOf(id: string, summary = ''): string {
  return summary === 'Container has the same readiness and liveness probe' ? 'pod-probes-identical' : id;
}

/** `Deployment/apps/v1/tasks-production/tasks-flower`; the core group has no name. */
function objectOf(name: string): string {
  return `${name.split('/')[0]}/${name.split('/').at(-1)}`;
}
