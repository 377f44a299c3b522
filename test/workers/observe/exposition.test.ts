import { parseExposition } from '../../support/exposition';

const HEAD = '# HELP a_total some\n# TYPE a_total counter\n';
const HISTOGRAM = '# HELP h some\n# TYPE h histogram\n';

describe('the strict reader of the tests', () => {
  test('reads names, labels and values', () => {
    const families = parseExposition(`${HEAD}a_total{x="1\\"\\\\\\n,}",y=""} 3e-7\na_total 2\n\n# HELP g other\n# TYPE g gauge\ng -Inf\n`);
    expect(families.get('a_total')).toEqual({
      type: 'counter',
      help: 'some',
      samples: [
        { name: 'a_total', labels: { x: '1"\\\n,}', y: '' }, value: 3e-7 },
        { name: 'a_total', labels: {}, value: 2 },
      ],
    });
    expect(families.get('g')?.samples).toEqual([{ name: 'g', labels: {}, value: -Infinity }]);
  });

  test.each([
    ['no end of line', `${HEAD}a_total 1`],
    ['no help', '# TYPE a_total counter\na_total 1\n'],
    ['no type', '# HELP a_total some\na_total 1\n'],
    ['a counter by another name', '# HELP a some\n# TYPE a counter\na 1\n'],
    ['a negative counter', `${HEAD}a_total -1\n`],
    ['a line of another metric', `${HEAD}b_total 1\n`],
    ['a line twice', `${HEAD}a_total{x="1",y="2"} 1\na_total{y="2",x="1"} 1\n`],
    ['a metric twice', `${HEAD}a_total 1\n${HEAD}a_total{x="1"} 1\n`],
    ['a value that is none', `${HEAD}a_total one\n`],
    ['a bare quote', `${HEAD}a_total{x="a"b"} 1\n`],
    ['an unknown escape', `${HEAD}a_total{x="\\t"} 1\n`],
    ['a label with a dash', `${HEAD}a_total{x-y="1"} 1\n`],
    ['a label twice', `${HEAD}a_total{x="1",x="2"} 1\n`],
    ['buckets that fall', `${HISTOGRAM}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`],
    ['buckets without +Inf', `${HISTOGRAM}h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`],
    ['another count', `${HISTOGRAM}h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`],
    ['no sum', `${HISTOGRAM}h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_count 1\n`],
  ])('refuses %s', (_, text) => expect(() => parseExposition(text)).toThrow());
});
