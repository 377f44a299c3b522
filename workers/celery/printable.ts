/** Control and format characters (escape sequences, line ends, changes of direction) and halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Nearly all texts: ASCII without control characters. */
const PLAIN = /^[ -~]*$/;

/** Text from a stranger, fit for a log line or a header: control characters escaped, cut to `longest` characters. */
export function printable(text: string, longest: number): string {
  if (text.length <= longest && PLAIN.test(text)) return text;
  // Cut first: escaping megabytes to keep a line of them would be work that a stranger gives us.
  const escaped = text.slice(0, longest + 1).replace(UNPRINTABLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
  return text.length > longest || escaped.length > longest ? `${escaped.slice(0, longest - 3)}...` : escaped;
}
