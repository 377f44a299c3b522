import { type Problem, suggest } from '../workers/problems';

/** Looks at one value and says what is wrong with it. */
export type Rule = (value: unknown, path: string) => Problem[];

const NOTHING_WRONG: Problem[] = [];

/** Rules for the fields of `T`, all of them: a field the type has and the shape forgot is a compile error. */
export type Shape<T> = { readonly [K in keyof Required<T>]: Rule };

/** An object with exactly these fields; anything else is an unknown key. */
export function shape<T>(fields: Shape<T>): Rule {
  const known = Object.keys(fields);
  return (value, path) => {
    if (!isPlainObject(value)) return [problem(path, value, 'must be an object', `give { ${known.slice(0, 3).join(', ')}, ... }`)];
    const unknownKeys = Object.keys(value).filter((key) => !known.includes(key));
    return [
      ...unknownKeys.map((key) => problem(join(path, key), value[key], 'is not a known key', suggest(key, known))),
      ...known.flatMap((key) => fields[key as keyof T](value[key], join(path, key))),
    ];
  };
}

/** An object whose values all follow one rule. */
export function record(key: Rule, rule: Rule, least = 0): Rule {
  return (value, path) => {
    if (!isPlainObject(value)) return [problem(path, value, 'must be an object', 'give { name: { ... } }')];
    const names = Object.keys(value);
    if (names.length < least) return [problem(path, value, `must have at least ${least} entry`, 'add one')];
    return names.flatMap((name) => [...key(name, join(path, name)), ...rule(value[name], join(path, name))]);
  };
}

/** A list whose entries all follow one rule. */
export function list(rule: Rule, least = 0): Rule {
  return (value, path) => {
    if (!Array.isArray(value)) return [problem(path, value, 'must be a list', 'give [ ... ]')];
    if (value.length < least) return [problem(path, value, `must have at least ${least} entry`, 'add one')];
    return value.flatMap((entry, index) => rule(entry, `${path}[${index}]`));
  };
}

/** A list in which nothing is named twice. */
export function distinct(rule: Rule): Rule {
  return (value, path) => {
    const entries: unknown[] = Array.isArray(value) ? value : [];
    const twice = entries.flatMap((entry, index) => (entries.indexOf(entry) < index ? [index] : []));
    return [
      ...rule(value, path),
      ...twice.map((index) => problem(`${path}[${index}]`, entries[index], 'is in the list already', 'remove it')),
    ];
  };
}

/** Absent is fine; present must follow the rule. */
export function optional(rule: Rule): Rule {
  return (value, path) => (value === undefined ? NOTHING_WRONG : rule(value, path));
}

/** For parts in Kubernetes' own form: the compiler checks them where they are written, the API server when they are applied. */
export const givenAsIs: Rule = () => NOTHING_WRONG;

export function integer(least: number, most: number, unit = ''): Rule {
  return (value, path) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return NOTHING_WRONG;
    return [problem(path, value, `must be a whole number from ${least} to ${most}${unit && ` ${unit}`}`, 'change it')];
  };
}

/** Any number in a range, fractions too. */
export function amount(least: number, most: number, unit = ''): Rule {
  return (value, path) => {
    if (typeof value === 'number' && value >= least && value <= most) return NOTHING_WRONG;
    return [problem(path, value, `must be a number from ${least} to ${most}${unit && ` ${unit}`}`, 'change it')];
  };
}

export function oneOf(allowed: readonly unknown[], fix?: string): Rule {
  const words = allowed.filter((each) => typeof each === 'string');
  return (value, path) =>
    allowed.includes(value)
      ? NOTHING_WRONG
      : [
          problem(
            path,
            value,
            `must be one of ${allowed.map((each) => JSON.stringify(each)).join(', ')}`,
            fix ?? (typeof value === 'string' && words.length > 0 ? suggest(value, words) : 'change it'),
          ),
        ];
}

export const flag: Rule = oneOf([true, false]);

export function text(pattern: RegExp, rule: string, fix: string): Rule {
  return (value, path) => (typeof value === 'string' && pattern.test(value) ? NOTHING_WRONG : [problem(path, value, rule, fix)]);
}

/** DNS-1123 label, the strictest name Kubernetes asks for. */
export const kubernetesName: Rule = text(
  /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
  'must be 1 to 40 of a-z, 0-9 and -, start with a letter and end with a letter or digit (it becomes part of Kubernetes names)',
  'rename it, for example "orders-high"',
);

/** DNS-1123 subdomain: the name of an object that somebody else has made. */
export function objectName(kind: string): Rule {
  const label = '[a-z0-9]([a-z0-9-]*[a-z0-9])?';
  return text(
    new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`),
    `must be the name of ${kind}`,
    'use lower-case letters, digits, - and .',
  );
}

const NAME = '[a-z0-9]+(?:[._-]+[a-z0-9]+)*';
/** `[registry[:port]/]name[/name...][:tag][@digest]` (distribution/reference). */
const IMAGE = new RegExp(`^(?:${NAME}(?::\\d+)?/)?${NAME}(?:/${NAME})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);

/** `name:tag`, `name@sha256:...` or both; a moving tag makes rollouts unrepeatable. */
export const image: Rule = (value, path) => {
  const wellFormed = typeof value === 'string' && IMAGE.test(value);
  if (!wellFormed) return [problem(path, value, 'must be an image reference', 'write "registry/name:tag"')];
  const lastPart = value.split('@')[0]?.split('/').at(-1) ?? '';
  if (!value.includes('@') && !lastPart.includes(':'))
    return [problem(path, value, 'must name a tag or a digest', `write "${value}:1.0.0"`)];
  if (!value.includes('@') && lastPart.endsWith(':latest'))
    return [problem(path, value, 'must not be the moving tag "latest"', 'pin a version')];
  return NOTHING_WRONG;
};

/** Kubernetes quantity over zero, as people write them: `500m`, `2`, `256Mi`. */
export function quantity(units: 'cpu' | 'bytes'): Rule {
  const [pattern, rule, fix] =
    units === 'cpu'
      ? [/^(?!0+m?$)\d{1,6}m?$|^(?!0+\.0+$)\d{1,3}\.\d{1,3}$/, 'must be cores or millicores over 0', 'write "500m" or "2"']
      : [/^(?!0+[kKMGT])\d{1,6}(Ki|Mi|Gi|Ti|k|M|G|T)$/, 'must be a size with a unit, over 0', 'write "512Mi" or "10Gi"'];
  return text(pattern, rule, fix);
}

export function problem(path: string, got: unknown, rule: string, fix: string): Problem {
  return { path, got, rule, fix };
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `join('workers', 'a.b', 'scale')` is `workers."a.b".scale`. */
export function join(path: string, ...keys: readonly string[]): string {
  const steps = keys.map((key) => (/^[A-Za-z_$][\w$-]*$/.test(key) ? key : JSON.stringify(key)));
  return [...(path === '' ? [] : [path]), ...steps].join('.');
}
