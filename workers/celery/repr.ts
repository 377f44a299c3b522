/** Celery shortens representations to this many characters. */
const LONGEST = 1024;

/** A JSON value as Python's `repr` would print it: what Celery puts into `argsrepr` and what Flower shows. */
export function pythonRepr(value: unknown): string {
  const text = represent(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

/** Positional arguments as a Python tuple: `(2, 3)`, `('a',)`, `()`. */
export function tupleRepr(values: readonly unknown[]): string {
  const inner = values.map(represent).join(', ');
  const text = values.length === 1 ? `(${inner},)` : `(${inner})`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

function represent(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(represent).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, item]) => `${quoted(key)}: ${represent(item)}`)
      .join(', ')}}`;
  return JSON.stringify(value) ?? 'None';
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Python prefers single quotes, and double ones when the text holds single quotes only. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (char) => {
    if (char === quote || char === '\\') return `\\${char}`;
    const code = char.charCodeAt(0);
    return code < 32 || code === 127 ? (SHORT_ESCAPES[char] ?? `\\x${code.toString(16).padStart(2, '0')}`) : char;
  });
  return quote + escaped.join('') + quote;
}
