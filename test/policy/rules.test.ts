import { RabbitmqCluster, type TaskClusterProps } from '../../constructs';
import { TLS_ONLY } from '../support/every-option';
import { ENVIRONMENTS, loadEnvironment, renderTasks } from '../support/manifests';
import { BAD } from './bad';
import { AWAITED, EXCEPTIONS } from './exceptions';
import { entriesFor, judge, keysOfTable } from './judge';
import { findingsOf, keysOf } from './rule';
import { LINTERS, RULES } from './rules';

const ALLOWED = [...EXCEPTIONS, ...AWAITED];
const MANIFESTS = new Map(ENVIRONMENTS.map((environment) => [environment, loadEnvironment(environment)]));

describe.each(Object.entries(LINTERS))('rules of %s', (_, rules) => {
  const ids = rules.map(({ id }) => id);
  const bad = findingsOf(rules, BAD).map(({ rule }) => rule);

  test.each(ENVIRONMENTS)('find in %s what is listed, and nothing else', (environment) => {
    const findings = findingsOf(rules, MANIFESTS.get(environment) ?? []);
    expect(judge(findings, entriesFor(environment, ALLOWED, ids))).toEqual({ unexplained: [], unused: [] });
  });

  test.each(rules.map(({ id, says }) => [id, says]))('%s: %s, and its absence is found', (id) => expect(bad).toContain(id));
});

test('TLS adds no finding', () => {
  const found = (props: Partial<TaskClusterProps>) => keysOf(findingsOf(RULES, renderTasks(props)));
  const plain = found({ ...TLS_ONLY, broker: RabbitmqCluster.of() });
  expect(plain.size).toBeGreaterThan(0);
  for (const tls of [{ secret: 'our-tls' }, { certManager: { issuer: 'internal' }, plain: true, interNode: true }]) {
    expect([...found({ ...TLS_ONLY, broker: RabbitmqCluster.of({ tls }) })].filter((key) => !plain.has(key))).toEqual([]);
  }
});

describe('the tables', () => {
  test('name rules that exist', () => {
    const known = new Set(RULES.map(({ id }) => id));
    expect(ALLOWED.flatMap(({ rules }) => rules).filter((id) => !known.has(id))).toEqual([]);
  });

  test('name environments that exist', () =>
    expect(ALLOWED.flatMap(({ environments = [] }) => environments).filter((name) => !ENVIRONMENTS.includes(name))).toEqual([]));

  test('name nothing twice', () => {
    const keys = ENVIRONMENTS.map((environment) =>
      keysOfTable(
        entriesFor(
          environment,
          ALLOWED,
          RULES.map(({ id }) => id),
        ),
      ),
    );
    expect(keys.flatMap((each) => each.filter((key, index) => each.indexOf(key) < index))).toEqual([]);
  });

  test('rules have ids of their own', () => expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length));
});

describe('judge', () => {
  const entry = { title: 'one', rules: ['A', 'B'], objects: ['Deployment/x'], reason: 'because' };

  test('reports what fires without an entry', () =>
    expect(judge([{ rule: 'A', object: 'Deployment/y' }], [])).toEqual({ unexplained: ['A Deployment/y'], unused: [] }));

  test('reports what is listed and does not fire, rule by rule and object by object', () =>
    expect(judge([{ rule: 'A', object: 'Deployment/x' }], [entry])).toEqual({ unexplained: [], unused: ['B Deployment/x'] }));
});
