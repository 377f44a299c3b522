import type { k8s } from 'cdk8s-plus-27';
import type { Problem } from '../../workers/problems';
import { objectName, optional, problem, record, type Rule, type Shape, shape, text } from '../rules';
import { nodeOptionsRule } from './node-options';

/** One key of a Secret. */
export interface SecretKey {
  /** Name of the Secret, in the task system's namespace. */
  readonly secret: string;
  readonly key: string;
}

/** Environment variables that tasks find beside the worker's own. */
export interface VariableOptions {
  /**
   * Variables of the worker's container. `$(POD_NAME)` stands for the pod's name. A change restarts the workers.
   * @default {}
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Variables whose values come from Secrets. Prefer `secretFiles`: a variable is inherited by every child process, shows up in dumps, and
   * keeps its old value until the worker restarts.
   * @default {}
   */
  readonly secretEnv?: Readonly<Record<string, SecretKey>>;
  /**
   * Options of Node, after `--max-old-space-size`, which follows from the memory (see `heapMebibytes`); one given here wins.
   * @default []
   */
  readonly nodeOptions?: readonly string[];
}

const NAME = text(/^[A-Za-z_]\w*$/, 'must be the name of a variable: letters, digits and _', 'write it like "SHOP_URL"');
/** What the worker, or its pod, sets itself. */
const OWN = /^(WARREN_.*|POD_NAME)$/;
/** A value behind such a name is a secret, unless it is the path of a file. */
const SECRET = /(^|_)(pass|password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|credentials?)$/i;
/** A login in an address, or a key in PEM form. */
const SECRET_VALUE = /:\/\/[^/\s]*:[^/\s]*@|-----BEGIN/;

const variableName: Rule = (value, path) => {
  const name = String(value);
  if (OWN.test(name)) return [problem(path, value, "is the worker's own", 'choose another name')];
  if (name === 'NODE_OPTIONS') return [problem(path, value, 'holds the limit of the heap, too', 'write nodeOptions: [...]')];
  return NAME(value, path);
};

const plainValue: Rule = (value, path) => (typeof value === 'string' ? [] : [problem(path, value, 'must be text', 'write it in quotes')]);

/** Names and values, then values that everybody who may look at a Deployment would read. */
const env: Rule = (value, path) => {
  const problems = record(variableName, plainValue)(value, path);
  return problems.length > 0 ? problems : Object.entries(value as Record<string, string>).flatMap(secretProblem(path));
};

function secretProblem(path: string) {
  return ([name, value]: [string, string]): Problem[] =>
    (SECRET.test(name) && !value.startsWith('/')) || SECRET_VALUE.test(value)
      ? [problem(`${path}.${name}`, '(not shown)', 'looks like a secret, and a manifest is no place for one', 'use secretFiles')]
      : [];
}

export const variableFields: Shape<VariableOptions> = {
  env: optional(env),
  secretEnv: optional(
    record(
      variableName,
      shape<SecretKey>({ secret: objectName('a Secret'), key: text(/^[-._\w]{1,253}$/, 'must be a key of the Secret', 'name one') }),
    ),
  ),
  nodeOptions: optional(nodeOptionsRule),
};

/** Names that both kinds of variable give. */
export function variableProblems({ env = {}, secretEnv = {} }: VariableOptions, path: string): Problem[] {
  return Object.keys(secretEnv)
    .filter((name) => name in env)
    .map((name) => problem(`${path}.secretEnv.${name}`, name, 'is in env, too', 'remove one of them'));
}

export function renderVariables({ env = {}, secretEnv = {} }: VariableOptions): k8s.EnvVar[] {
  return [
    ...Object.entries(env).map(([name, value]) => ({ name, value })),
    ...Object.entries(secretEnv).map(([name, { secret, key }]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
  ];
}
