import { join } from 'node:path';
import { DIST, ENVIRONMENTS, loadEnvironment, type Manifest } from '../support/manifests';
import { note } from '../support/notes';
import { run } from '../support/processes';
import { python } from '../support/python';
import { describeReal } from '../support/real';
import { BAD, BAD_FILE } from './bad';
import { AWAITED, EXCEPTIONS } from './exceptions';
import { entriesFor, judge } from './judge';
import { type Finding, findingsOf, keysOf, workloadsOf } from './rule';
import { CHECKOV } from './rules/checkov';

/** checkov's own words. */
interface Report {
  readonly results: {
    readonly failed_checks: readonly { readonly check_id: string; readonly resource: string }[];
  };
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
}

type Found = Pick<Finding, 'rule' | 'object'>;

const IDS = CHECKOV.map(({ id }) => id);
const TIMEOUT = 120_000;

describeReal('checkov itself', () => {
  const counts: string[] = [];
  afterAll(() => note(`policy: checkov finds ${counts.join(', ')}, all listed with a reason`));

  test.each(ENVIRONMENTS)(
    'finds in %s what is listed and what our rules find',
    async (environment) => {
      const objects = loadEnvironment(environment);
      const report = await scan(join(DIST, `${environment}.k8s.yaml`));
      const found = findings(report, objects);
      expect(judge(found, entriesFor(environment, [...EXCEPTIONS, ...AWAITED], IDS))).toEqual({ unexplained: [], unused: [] });
      expect(keysOf(found)).toEqual(keysOf(findingsOf(CHECKOV, objects)));
      counts.push(`${keysOf(found).size} in ${environment}`);
    },
    TIMEOUT,
  );

  test(
    'finds in the bad manifests what our rules find',
    async () => expect(keysOf(findings(await scan(BAD_FILE), BAD))).toEqual(keysOf(findingsOf(CHECKOV, BAD))),
    TIMEOUT,
  );
});

/** `--skip-download` keeps it from asking its maker's service; nothing else leaves the machine. */
async function scan(file: string): Promise<Report> {
  const checkov = join(await python('checkov'), '../checkov');
  const options = ['--framework', 'kubernetes', '--skip-download', '--compact', '--quiet', '--soft-fail', '--output', 'json'];
  const report = JSON.parse(await run([checkov, ...options, '--file', file], { env: { ...process.env, LOG_LEVEL: 'ERROR' } })) as Report;
  expect(report.summary.parsing_errors).toBe(0);
  expect(report.summary.passed).toBeGreaterThan(100);
  return report;
}

function findings({ results }: Report, objects: readonly Manifest[]): Found[] {
  return results.failed_checks.map(({ check_id: rule, resource }) => ({ rule, object: objectOf(resource, objects) }));
}

/** `Deployment.tasks-production.tasks-flower`, and `Pod.` in front of the same for what it looks for in pods, with their labels behind. */
function objectOf(resource: string, objects: readonly Manifest[]): string {
  const [kind, , name] = resource.split('.');
  const owner = workloadsOf(objects).find((workload) => workload.owner.metadata.name === name);
  return `${kind === 'Pod' ? owner?.owner.kind : kind}/${name}`;
}
