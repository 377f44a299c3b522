/** A number in JSON text, or one of the words that Python writes for numbers that JSON lacks. */
const NUMBER = /-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/y;

/** Calls `replace` with each number of a JSON text (those in strings are none) and puts the text it returns in their places. */
export function replaceNumbers(text: string, replace: (literal: string) => string): string {
  let result = '';
  let copied = 0;
  for (let index = 0; index < text.length; ) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) {
      index = endOfString(text, index);
      continue;
    }
    NUMBER.lastIndex = index;
    const literal = startsNumber(char) ? NUMBER.exec(text)?.[0] : undefined;
    if (literal === undefined) {
      index++;
      continue;
    }
    result += text.slice(copied, index) + replace(literal);
    index += literal.length;
    copied = index;
  }
  return result + text.slice(copied);
}

/** Whether JavaScript would round an integer of that text. A float is what it is in Python, too: the nearest double. */
export function isUnsafeInteger(literal: string): boolean {
  return /^-?\d+$/.test(literal) && !Number.isSafeInteger(Number(literal));
}

/** What a look at JSON text finds before it is parsed; `large-numbers`: perhaps such as JavaScript would change. */
export type Finding = 'too-deep' | 'large-numbers' | 'plain';

/** Digits of the shortest integer that may be beyond 2^53. */
const LARGE = 16;
/** Digits of the shortest exponent that may be beyond the largest number. */
const LARGE_EXPONENT = 3;

/**
 * Looks through JSON text once: for lists and objects nested deeper than `maxDepth`, and for numbers that need a closer look. Without
 * recursion and without memory, because this is what guards both.
 */
export function scanJson(text: string, maxDepth: number): Finding {
  let finding: Finding = 'plain';
  let depth = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char >= ZERO && char <= NINE) {
      if (++digits === LARGE) finding = 'large-numbers';
      continue;
    }
    // A fraction is rounded in Python as well; an exponent counts from its sign.
    if (char === PLUS) continue;
    digits = char === POINT ? Number.NEGATIVE_INFINITY : char === LOWER_E || char === UPPER_E ? LARGE - LARGE_EXPONENT : 0;
    if (char === QUOTE) index = endOfString(text, index) - 1;
    else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      if (++depth > maxDepth) return 'too-deep';
    } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) depth--;
  }
  return finding;
}

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const POINT = 0x2e;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const MINUS = 0x2d;
const UPPER_I = 0x49;
const UPPER_N = 0x4e;

function startsNumber(char: number): boolean {
  return (char >= ZERO && char <= NINE) || char === MINUS || char === UPPER_I || char === UPPER_N;
}

/** Index after the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) return index + 1;
    if (char === BACKSLASH) index++;
  }
  return text.length;
}
