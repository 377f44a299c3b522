/** Widest line that still reads well in a review. */
const WIDTH = 260;

/** JSON whose objects and lists stand on one line where they fit: one line for each queue in a diff, not ten. */
export function formatJson(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= WIDTH) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((each) => inner + formatJson(each, inner)).join(',\n')}\n${indent}]`;
  const fields = Object.entries(value).map(([key, field]) => `${inner}${JSON.stringify(key)}: ${formatJson(field, inner)}`);
  return `{\n${fields.join(',\n')}\n${indent}}`;
}
