import { image, integer, kubernetesName, list, oneOf, optional, quantity, record, type Rule, shape } from '../../constructs/rules';
import { formatProblem } from '../../workers/problems';

const complaints = (rule: Rule, value: unknown): string[] => rule(value, 'here').map(formatProblem);

describe('image', () => {
  test.each(['worker:1:2', 'team//worker:1', 'team/:1'])('refuses the malformed %s', (value) =>
    expect(complaints(image, value)).toHaveLength(1),
  );

  test.each(['worker:1.0', 'registry:5000/team/worker:1.0-rc.1', `worker@sha256:${'a'.repeat(64)}`, `worker:1.0@sha256:${'a'.repeat(64)}`])(
    'takes %s',
    (value) => expect(complaints(image, value)).toEqual([]),
  );

  test.each([
    ['worker', 'must name a tag or a digest -> write "worker:1.0.0"'],
    ['registry:5000/worker', 'must name a tag or a digest -> write "registry:5000/worker:1.0.0"'],
    ['worker:latest', 'must not be the moving tag "latest" -> pin a version'],
    ['worker:', 'must be an image reference'],
    ['Worker:1.0', 'must be an image reference'],
    ['worker :1.0', 'must be an image reference'],
    ['worker@sha256:abc', 'must be an image reference'],
    ['', 'must be an image reference'],
    [undefined, 'must be an image reference'],
  ])('refuses %j', (value, complaint) => expect(complaints(image, value)).toEqual([expect.stringContaining(complaint)]));
});

describe('quantity', () => {
  test('refuses "0k" of memory', () => expect(complaints(quantity('bytes'), '0k')).toHaveLength(1));

  test.each(['1', '500m', '0.5', '12'])('takes %s of CPU', (value) => expect(complaints(quantity('cpu'), value)).toEqual([]));
  test.each(['0', '0m', '0.0', '-1', '1e400', '1 ', '1Gi', '', 1, NaN])('refuses %j of CPU', (value) =>
    expect(complaints(quantity('cpu'), value)).toEqual([expect.stringContaining('write "500m" or "2"')]),
  );

  test.each(['512Mi', '1Gi', '2G', '1Ti', '900k'])('takes %s of memory', (value) =>
    expect(complaints(quantity('bytes'), value)).toEqual([]),
  );
  test.each(['1 GB', '500', '0.5Gi', '-1Gi', '0Gi', '1e400', '1gi', '', 1024])('refuses %j of memory', (value) =>
    expect(complaints(quantity('bytes'), value)).toEqual([expect.stringContaining('write "512Mi" or "10Gi"')]),
  );
});

describe('integer', () => {
  test.each([1, 7, 10])('takes %d from 1 to 10', (value) => expect(complaints(integer(1, 10), value)).toEqual([]));
  test.each([0, 11, 1.5, NaN, Infinity, '5', null, undefined])('refuses %p from 1 to 10', (value) =>
    expect(complaints(integer(1, 10, 'seconds'), value)).toEqual([expect.stringContaining('must be a whole number from 1 to 10 seconds')]),
  );
});

describe('kubernetesName', () => {
  test.each(['a', 'orders-high', 'a'.repeat(40)])('takes %s', (value) => expect(complaints(kubernetesName, value)).toEqual([]));
  test.each(['', 'A', '1a', 'a-', '-a', 'a_b', 'a.b', 'a\n', 'a'.repeat(41)])('refuses %j', (value) =>
    expect(complaints(kubernetesName, value)).toEqual([expect.stringContaining('rename it')]),
  );
});

describe('shape', () => {
  const point = shape<{ x: number; label?: string }>({ x: integer(0, 9), label: optional(oneOf(['a', 'b'])) });

  test('takes what follows it', () => expect(complaints(point, { x: 1, label: 'a' })).toEqual([]));
  test('takes a missing optional field', () => expect(complaints(point, { x: 1 })).toEqual([]));

  test('refuses an unknown key with the nearest known one', () =>
    expect(complaints(point, { x: 1, labl: 'a' })).toEqual(['here.labl: got "a" -> is not a known key -> did you mean "label"?']));

  test('refuses a far-off key with all known ones', () =>
    expect(complaints(point, { x: 1, colour: 'red' })).toEqual([
      'here.colour: got "red" -> is not a known key -> use one of "x", "label"',
    ]));

  test('refuses a key that would reach the prototype', () =>
    expect(complaints(point, JSON.parse('{ "x": 1, "__proto__": {} }'))).toEqual([expect.stringContaining('here.__proto__: got {}')]));

  test('refuses several wrong fields at once', () => expect(complaints(point, { x: 10, label: 'c' })).toHaveLength(2));

  test.each([null, undefined, 'text', 3, []])('refuses %p for an object', (value) =>
    expect(complaints(point, value)).toEqual([expect.stringContaining('must be an object')]),
  );
});

describe('record', () => {
  const sizes = record(kubernetesName, integer(0, 9), 1);

  test('refuses bad names and bad values, each under its own path', () =>
    expect(complaints(sizes, { ok: 1, 'Not ok': 1, big: 10 })).toEqual([
      expect.stringMatching(/^here\."Not ok": got "Not ok" -> .* -> rename it/),
      expect.stringMatching(/^here\.big: got 10 -> must be a whole number from 0 to 9/),
    ]));

  test('refuses fewer entries than needed', () =>
    expect(complaints(sizes, {})).toEqual(['here: got {} -> must have at least 1 entry -> add one']));
});

describe('list', () => {
  test('refuses entries under their index', () =>
    expect(complaints(list(integer(0, 9)), [1, 10])).toEqual([expect.stringMatching(/^here\[1\]: got 10 ->/)]));

  test.each([{}, 'text', undefined])('refuses %p for a list', (value) =>
    expect(complaints(list(integer(0, 9)), value)).toEqual([expect.stringContaining('must be a list')]),
  );
});
