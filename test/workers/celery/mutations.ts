import type { MessageProperties } from '../../../workers/celery/message';

export interface Sample {
  readonly content: Buffer;
  readonly properties: MessageProperties;
}

/** Vectors to start from: every form of a message, once. */
export const MUTATED_VECTORS = [
  'basic',
  'eta_expires',
  'stamped',
  'priority_shadow_headers',
  'json_types',
  'gzip',
  'protocol1',
  'timelimit',
  'retry_again',
];

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const ODD_NUMBERS = [null, undefined, true, -1, 0, 1.5, 1e9, 2 ** 53, Number.NaN, Infinity];
const ODD_TEXTS = ['', 'x', '\ud800', '\u0000\u001b[2J', 'constructor', '__proto__', 'x'.repeat(300)];
const ODD_TIMES = ['2026-01-02T03:04:05', '0001-01-01', '9999-12-31T23:59:59+99:99', { '!': 'timestamp', value: 5 }];
const ODD_OBJECTS = [[], [null], [60, 50], {}, { task: 'x' }, Buffer.from([0, 255]), { __type__: 'bytes', __value__: 'x' }];

/** What a stranger might put in the place of any value. */
const ODD: readonly unknown[] = [...ODD_NUMBERS, ...ODD_TEXTS, ...ODD_TIMES, ...ODD_OBJECTS];

const ODD_JSON = [
  'NaN',
  '1e400',
  '9007199254740993',
  '{"__proto__":{"polluted":1}}',
  '"\\ud800"',
  '[[[[',
  '}',
  ',',
  '"',
  '\\',
  '-',
  '\u0000',
];

/** One of the samples with up to three things about it changed: bits, pieces of JSON, properties and headers. */
export function mutated(samples: readonly Sample[], random: () => number): Sample {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let { content, properties } = pick(samples);
  for (let changes = Math.floor(random() * 3) + 1; changes > 0; changes--) {
    const change = random();
    if (change < 0.25) content = flipBit(content, random);
    else if (change < 0.45) content = spliced(content, pick(ODD_JSON), random);
    else if (change < 0.55) content = content.subarray(0, Math.floor(random() * content.length));
    else if (change < 0.85) properties = { ...properties, headers: changed(properties.headers ?? {}, pick, random) };
    else properties = changed({ ...properties }, pick, random);
  }
  return { content, properties };
}

function flipBit(content: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(content);
  const index = Math.floor(random() * copy.length);
  if (index < copy.length) copy[index] = (copy[index] ?? 0) ^ (1 << Math.floor(random() * 8));
  return copy;
}

/** Puts a piece of JSON over some bytes. */
function spliced(content: Buffer, piece: string, random: () => number): Buffer {
  const at = Math.floor(random() * content.length);
  return Buffer.concat([content.subarray(0, at), Buffer.from(piece), content.subarray(at + Math.floor(random() * 6))]);
}

/** Drops a key, gives it an odd value or the value of another key. */
function changed(
  object: Readonly<Record<string, unknown>>,
  pick: <T>(list: readonly T[]) => T,
  random: () => number,
): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...object };
  const keys = Object.keys(copy);
  const key = pick([...keys, 'x-new']);
  const change = random();
  if (change < 0.2) delete copy[key];
  else copy[key] = change < 0.9 ? pick(ODD) : copy[pick(keys)];
  return copy;
}
