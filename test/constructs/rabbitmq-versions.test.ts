import { RABBITMQ_LINES, RABBITMQ_VERSIONS } from '../../constructs/rabbitmq-versions';

/** Last patch of each line that the advisories of August 2026 are against (rabbitmq-website, security-advisories.json). */
const VULNERABLE = { '4.2': 9, '4.3': 4 };

describe('RABBITMQ_LINES', () => {
  test.each(RABBITMQ_VERSIONS)('pins a patch of %s with the known security fixes', (version) => {
    const [line, patch] = [RABBITMQ_LINES[version].patch.split('.').slice(0, 2).join('.'), RABBITMQ_LINES[version].patch.split('.')[2]];
    expect(line).toBe(version);
    expect(Number(patch)).toBeGreaterThan(VULNERABLE[version]);
  });
});
