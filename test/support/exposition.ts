/** One line of a metric. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with all its lines. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/;
/** As Go's ParseFloat reads numbers: without regard to case, and prom-client writes Nan. */
const VALUE = /^(?:[+-]?inf|nan|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Reads Prometheus' text format 0.0.4, without mercy: every metric with its help and type before its lines and nothing in between, every
 * line once, counters named `_total`, histograms that add up. @throws Error with the line that is wrong
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let open = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const [, comment, about = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (comment === 'HELP') {
      if (families.has(about) || !NAME.test(about)) fail('not a new name');
      families.set((open = about), { type: '', help: rest, samples: [] });
      continue;
    }
    const family = families.get(open) ?? fail('no metric begun');
    if (comment === 'TYPE') {
      if (about !== open || family.type !== '' || !(rest in SUFFIXES)) fail('not the type of this metric');
      if (rest === 'counter' && !about.endsWith('_total')) fail('counters are named _total');
      family.type = rest;
      continue;
    }
    const [, name = '', , labelText = '', value = ''] = /^([^\s{]+)(\{(.*)\})? (\S+)$/.exec(line) ?? fail('not a line of a metric');
    if (!SUFFIXES[family.type]?.some((suffix) => name === open + suffix)) fail('not a line of this metric');
    if (!VALUE.test(value)) fail('not a number');
    const sample = { name, labels: labelsIn(labelText, fail), value: numberOf(value) };
    const key = `${name} ${keyOf(sample.labels)}`;
    if (seen.has(key)) fail('twice');
    if (family.type === 'counter' && !(sample.value >= 0)) fail('a counter below 0');
    seen.add(key);
    family.samples.push(sample);
  }
  for (const [name, { type, samples }] of families) if (type === 'histogram') checkHistogram(name, samples);
  return families;
}

/** The one value of a metric with exactly these labels; `undefined`: there is none. */
export function valueOf(families: ReadonlyMap<string, Family>, name: string, labels: Readonly<Record<string, string>> = {}) {
  const wanted = keyOf(labels);
  const family = families.get(name.replace(/_(?:bucket|sum|count)$/, '')) ?? families.get(name);
  return family?.samples.find((each) => each.name === name && keyOf(each.labels) === wanted)?.value;
}

function labelsIn(text: string, fail: (why: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const [whole = '', name = '', value = ''] = LABEL.exec(rest) ?? fail('bad labels');
    if (name in labels) fail('a label twice');
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(whole.length);
  }
  return labels;
}

/** The same text for the same labels in any order. */
function keyOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map((pair) => JSON.stringify(pair));
  pairs.sort();
  return pairs.join();
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** Buckets never fall, and the last one is +Inf and has all. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const buckets = new Map<string, { readonly le: number; readonly value: number }[]>();
  const seriesOf = ({ labels }: Sample): string => keyOf({ ...labels, le: '' });
  for (const sample of samples.filter((each) => each.name === `${name}_bucket`)) {
    const list = buckets.get(seriesOf(sample)) ?? [];
    list.push({ le: numberOf(sample.labels['le'] ?? 'NaN'), value: sample.value });
    buckets.set(seriesOf(sample), list);
  }
  for (const [key, list] of buckets) {
    const inOrder = list.every(({ le, value }, index) => index === 0 || (le > list[index - 1]!.le && value >= list[index - 1]!.value));
    const count = samples.find((each) => each.name === `${name}_count` && seriesOf(each) === key)?.value;
    const sum = samples.find((each) => each.name === `${name}_sum` && seriesOf(each) === key)?.value;
    if (!inOrder || list.at(-1)?.le !== Infinity || list.at(-1)?.value !== count || sum === undefined)
      throw new Error(`the buckets of ${name} do not add up: ${key}`);
  }
}
