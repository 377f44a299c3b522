import { EVERY_OPTION, EVERY_WORKER_OPTION } from '../support/every-option';
import { renderTasks } from '../support/manifests';
import { EXCEPTIONS } from './exceptions';
import { findingsOf } from './rule';
import { RULES } from './rules';

/** Rules whose findings in workers, and in Flower, are listed already. */
const rulesFor = (object: string): string[] => EXCEPTIONS.flatMap(({ rules, objects }) => (objects.includes(object) ? rules : []));

/** What rules find in one Deployment beyond that. */
function additionalFindings(name: string, like: string, props = EVERY_OPTION): Set<string> {
  const permitted = rulesFor(like);
  const found = findingsOf(RULES, renderTasks(props)).filter(({ object, rule }) => object === name && !permitted.includes(rule));
  return new Set(found.map(({ rule, detail }) => `${rule} ${detail}`));
}

const WORKERS = 'Deployment/tasks-worker-all';
const GENERAL = 'Deployment/tasks-worker-general';

describe('policy with every option', () => {
  test('finds in workers nothing but variables from Secrets, which the user insisted on', () =>
    expect(additionalFindings(WORKERS, GENERAL)).toEqual(
      new Set(['CKV_K8S_35 container worker', 'kube-linter/read-secret-from-env-var container worker']),
    ));

  test('finds nothing more with Secrets as files alone', () => {
    const { secretEnv: _, ...options } = EVERY_WORKER_OPTION;
    expect(options.secretFiles?.length).toBeGreaterThan(0);
    const workers = { all: { queues: ['small'], scale: { min: 0, max: 9 }, ...options } };
    expect(additionalFindings(WORKERS, GENERAL, { ...EVERY_OPTION, workers })).toEqual(new Set());
  });

  test('finds nothing more in Flower', () =>
    expect(additionalFindings('Deployment/tasks-flower', 'Deployment/tasks-flower')).toEqual(new Set()));
});
