import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isBefore, lineOf, RABBITMQ_LINES, RABBITMQ_VERSIONS, type RabbitmqLine } from '../../../constructs/rabbitmq/versions';
import { REPOSITORY } from '../../support/manifests';

/** Last patch of each line that published advisories are against (rabbitmq-website, security-advisories.json; release notes 4.3.6). */
const VULNERABLE = [
  ['4.2', '4.2.9'],
  ['4.3', '4.3.5'],
] as const;

const listed = (words: readonly string[]) => words.join(', ') || '-';
const said = (flag: boolean) => (flag ? 'yes' : 'no');

/** How docs/rabbitmq.md shows a line. */
function row(version: string, line: RabbitmqLine): string {
  const cells = [
    line.preview ? `${version} (preview)` : version,
    line.patch,
    line.securePatch,
    line.supportedUntil ?? 'not known',
    listed(line.upgradesFrom),
    said(line.permitsTransientQueues),
    said(line.hasPartitionHandling),
    line.clusterSizeCheckFrom,
    said(line.delayedRetryKeys.length > 0),
    said(line.deniesGlobalQos),
    said(line.strictPriorities),
  ];
  return `| ${cells.join(' | ')} |`;
}

describe('RABBITMQ_LINES', () => {
  test.each(RABBITMQ_VERSIONS)('pins a patch of %s with the known security fixes', (version) => {
    const { patch, securePatch, clusterSizeCheckFrom } = RABBITMQ_LINES[version];
    expect([patch, securePatch, clusterSizeCheckFrom].map(lineOf)).toEqual([version, version, version]);
    expect(isBefore(patch, securePatch)).toBe(false);
  });

  test.each(VULNERABLE)('counts %s up to %s as insecure', (version, last) =>
    expect(isBefore(last, RABBITMQ_LINES[version].securePatch)).toBe(true),
  );

  test.each(RABBITMQ_VERSIONS)('is shown in the documentation as it is: %s', (version) =>
    expect(readFileSync(join(REPOSITORY, 'docs/rabbitmq.md'), 'utf8').split('\n')).toContain(row(version, RABBITMQ_LINES[version])),
  );

  test('marks what was never run as a preview, and runs none of that by default', () =>
    expect(RABBITMQ_VERSIONS.filter((version) => RABBITMQ_LINES[version].preview)).toEqual(['4.4']));
});

describe('isBefore', () => {
  test.each([
    ['4.3.5', '4.3.6', true],
    ['4.3.6', '4.3.6', false],
    ['4.3.9', '4.3.10', true],
    ['4.3.10', '4.3.9', false],
    ['4.2.10', '4.3.0', true],
    ['4.10.0', '4.9.9', false],
  ])('of %s and %s is %s', (patch, other, before) => expect(isBefore(patch, other)).toBe(before));
});
