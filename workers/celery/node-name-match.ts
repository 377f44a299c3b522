import { runInNewContext } from 'node:vm';

const LONGEST_PATTERN = 500;
/** A pattern from the network may be one that takes for ever. */
const PATTERN_TIMEOUT_MS = 250;

/**
 * Whether a node name fits a pattern of a control message.
 * @param matcher `glob` (Python's fnmatch) or `pcre` (Python's `re.match`, as far as JavaScript knows its syntax)
 * @throws Error for another matcher, a wrong pattern or one that takes too long
 */
export function matchesNodeName(nodeName: string, pattern: string, matcher: string): boolean {
  if (pattern.length > LONGEST_PATTERN) throw new Error(`pattern of over ${LONGEST_PATTERN} characters`);
  if (matcher === 'glob') return globMatches(nodeName, pattern);
  if (matcher === 'pcre') return pcreMatches(nodeName, pattern);
  throw new Error(`unknown matcher ${JSON.stringify(matcher.slice(0, 50))}`);
}

function pcreMatches(text: string, pattern: string): boolean {
  // Only a script of its own can be ended in the middle of a regular expression.
  const code = `new RegExp(pattern, 'y').test(text)`;
  return runInNewContext(code, { pattern, text }, { timeout: PATTERN_TIMEOUT_MS }) === true;
}

/** `undefined`: any number of any characters. */
type Token = ((char: string) => boolean) | undefined;

/** Not as a regular expression: many stars would take exponentially long. */
function globMatches(text: string, pattern: string): boolean {
  const tokens = globTokens(pattern);
  let position = 0;
  let next = 0;
  let star = -1;
  let starPosition = 0;
  while (position < text.length) {
    const token = tokens[next];
    if (next < tokens.length && token === undefined) {
      star = next++;
      starPosition = position;
    } else if (token?.(text[position] as string)) {
      next++;
      position++;
    } else if (star >= 0) {
      // The last star takes one character more.
      next = star + 1;
      position = ++starPosition;
    } else {
      return false;
    }
  }
  return tokens.slice(next).every((token) => token === undefined);
}

function globTokens(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern[index] as string;
    // A closing bracket right after the opening one is a member of the set.
    const end = char === '[' ? pattern.indexOf(']', index + (pattern[index + 1] === '!' ? 3 : 2)) : -1;
    if (char === '*') tokens.push(undefined);
    else if (char === '?') tokens.push(() => true);
    else if (end > 0) {
      tokens.push(characterSet(pattern.slice(index + 1, end)));
      index = end;
    } else tokens.push((candidate) => candidate === char);
  }
  return tokens;
}

function characterSet(inner: string): (char: string) => boolean {
  const negated = inner.startsWith('!');
  const members = negated ? inner.slice(1) : inner;
  const ranges: [from: string, to: string][] = [];
  for (let index = 0; index < members.length; index++) {
    const from = members[index] as string;
    const isRange = members[index + 1] === '-' && index + 2 < members.length;
    ranges.push([from, isRange ? (members[index + 2] as string) : from]);
    if (isRange) index += 2;
  }
  return (char) => ranges.some(([from, to]) => from <= char && char <= to) !== negated;
}
