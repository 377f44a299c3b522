import { k8s } from 'cdk8s-plus-27';
import { problem, type Rule } from '../rules';

/** A number of workers, or a share of all of them such as `'25%'`. */
export type Count = number | string;

/** A whole number or a percentage, at least `least` of either. */
export function countRule(least: 0 | 1): Rule {
  return (value, path) => {
    const percent = typeof value === 'string' ? Number(/^(\d{1,3})%$/.exec(value)?.[1] ?? Number.NaN) : Number.NaN;
    const isNumber = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 1000;
    if (isNumber || (percent >= least && percent <= 100)) return [];
    return [
      problem(path, value, `must be a whole number from ${least} to 1000, or a percentage from "${least}%" to "100%"`, 'write 1 or "25%"'),
    ];
  };
}

export function isZero(count: Count): boolean {
  return Number.parseInt(String(count), 10) === 0;
}

export function renderCount(count: Count): k8s.IntOrString {
  return typeof count === 'number' ? k8s.IntOrString.fromNumber(count) : k8s.IntOrString.fromString(count);
}
