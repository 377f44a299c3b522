/** Celery shortens representations to this many characters. */
const LONGEST = 1024;
/** Values may be nested until the stack is full. */
const DEEPEST = 50;

/** A JSON value as Python's `repr` would print it: what Celery puts into `argsrepr` and what Flower shows. */
export function pythonRepr(value: unknown): string {
  const text = represent(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

/** Positional arguments as a Python tuple: `(2, 3)`, `('a',)`, `()`. */
export function tupleRepr(values: readonly unknown[]): string {
  const inner = joined(values, (value) => represent(value));
  const text = values.length === 1 ? `(${inner},)` : `(${inner})`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

/** What is longer than this is cut off afterwards, so the rest of a large value is not looked at: events must cost a task nothing. */
function represent(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'object' && depth > DEEPEST) return '...';
  if (Array.isArray(value)) return `[${joined(value as unknown[], (item) => represent(item, depth + 1))}]`;
  if (typeof value === 'object')
    return `{${joined(Object.entries(value), ([key, item]) => `${quoted(key)}: ${represent(item, depth + 1)}`)}}`;
  return JSON.stringify(value) ?? 'None';
}

function joined<T>(items: readonly T[], show: (item: T) => string): string {
  let text = '';
  for (const [index, item] of items.entries()) {
    text += (index > 0 ? ', ' : '') + show(item);
    if (text.length > LONGEST) break;
  }
  return text;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Python prefers single quotes, and double ones when the text holds single quotes only. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text.slice(0, LONGEST), (char) => {
    if (char === quote || char === '\\') return `\\${char}`;
    const code = char.charCodeAt(0);
    return code < 32 || code === 127 ? (SHORT_ESCAPES[char] ?? `\\x${code.toString(16).padStart(2, '0')}`) : char;
  });
  return quote + escaped.join('') + quote;
}
