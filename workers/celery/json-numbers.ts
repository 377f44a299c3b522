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

/** Deepest nesting of lists and objects in JSON text, counted up to `limit` + 1. Without recursion, because this is what guards it. */
export function nestsDeeper(text: string, limit: number): boolean {
  // Each level takes a character.
  if (text.length <= limit) return false;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) index = endOfString(text, index) - 1;
    else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      if (++depth > limit) return true;
    } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) depth--;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

function startsNumber(char: number): boolean {
  return (char >= 0x30 && char <= 0x39) || char === 0x2d || char === 0x49 || char === 0x4e;
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
