import { idOf, loadEnvironment } from '../support/manifests';
import { type Finding, keyOf, keysOf, unhashed } from './rule';

/** Findings that are as we want them. */
export interface Exception {
  readonly title: string;
  readonly rules: readonly string[];
  /** Every rule fires on every one of them. */
  readonly objects: readonly string[];
  /** Where it does. @default - everywhere */
  readonly environments?: readonly string[];
  readonly reason: string;
}

export interface Judgement {
  /** Findings that no entry is for. */
  readonly unexplained: readonly string[];
  /** Entries, each as rule and object, that nothing fires for. */
  readonly unused: readonly string[];
}

/** Compares findings with a table, both ways. */
export function judge(findings: readonly Pick<Finding, 'rule' | 'object'>[], table: readonly Exception[]): Judgement {
  const fired = keysOf(findings);
  const excepted = new Set(keysOfTable(table));
  return {
    unexplained: [...fired].filter((key) => !excepted.has(key)),
    unused: [...excepted].filter((key) => !fired.has(key)),
  };
}

/** `CKV_K8S_8 StatefulSet/tasks-broker` for every rule and object of a table. */
export function keysOfTable(table: readonly Exception[]): string[] {
  return table.flatMap(({ rules, objects }) => rules.flatMap((rule) => objects.map((object) => keyOf({ rule, object }))));
}

/** The part of a table that is about some rules and about what one environment holds. */
export function entriesFor(environment: string, table: readonly Exception[], ids: readonly string[]): Exception[] {
  const present = loadEnvironment(environment).map((object) => unhashed(idOf(object)));
  return table
    .filter(({ environments }) => environments?.includes(environment) ?? true)
    .map((entry) => ({
      ...entry,
      rules: entry.rules.filter((rule) => ids.includes(rule)),
      objects: entry.objects.filter((object) => present.includes(object)),
    }));
}
