/** A number computed from named values. */
export type Formula = (values: Readonly<Record<string, number>>) => number;

/** What a scaling formula may use here; KEDA knows more (expr-lang). */
export const FORMULA_RULE = 'may use names, numbers, + - * / ( ), max(a, b) and min(a, b)';

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = { max: Math.max, min: Math.min };

/**
 * Reads the formula of `scalingModifiers`.
 * @param names the triggers it may name
 * @throws Error that quotes what was not understood
 */
export function parseFormula(text: string, names: readonly string[]): Formula {
  const tokens = text.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|\S/g) ?? [];
  let next = 0;
  const peek = (): string | undefined => tokens[next];
  const accept = (token: string): boolean => peek() === token && next++ >= 0;
  const expect = (token: string): void => {
    if (!accept(token)) throw new Error(`has ${peek() ?? 'its end'} where ${token} belongs`);
  };

  const sum = (): Formula => {
    let left = product();
    for (;;) {
      const [a, sign] = [left, accept('+') ? 1 : accept('-') ? -1 : 0];
      if (sign === 0) return left;
      const b = product();
      left = (values) => a(values) + sign * b(values);
    }
  };
  const product = (): Formula => {
    let left = factor();
    for (;;) {
      const a = left;
      if (accept('*')) {
        const b = factor();
        left = (values) => a(values) * b(values);
      } else if (accept('/')) {
        const b = factor();
        left = (values) => a(values) / b(values);
      } else return left;
    }
  };
  const factor = (): Formula => {
    const token = peek() ?? '';
    next++;
    if (/^\d/.test(token)) return () => Number(token);
    if (token === '(') {
      const inner = sum();
      expect(')');
      return inner;
    }
    if (Object.hasOwn(FUNCTIONS, token)) return call(token);
    if (!names.includes(token)) throw new Error(token === '' ? 'ends too early' : `has ${token}, which is no trigger`);
    return (values) => values[token] ?? 0;
  };
  const call = (name: string): Formula => {
    expect('(');
    const parts = [sum()];
    while (accept(',')) parts.push(sum());
    expect(')');
    return (values) => FUNCTIONS[name]?.(...parts.map((part) => part(values))) ?? 0;
  };

  const formula = sum();
  if (next < tokens.length) throw new Error(`has ${peek()} where its end belongs`);
  return formula;
}
