import { brokerPodOf, brokerProblems, renderBroker, serverOf } from '../../support/broker-objects';

const waitOf = (options: Parameters<typeof renderBroker>[0]) =>
  Number(/await_online_quorum_plus_one -t (\d+);/.exec(serverOf(renderBroker(options)).lifecycle.preStop.exec.command[2])?.[1]);
const graceOf = (options: Parameters<typeof renderBroker>[0]) => brokerPodOf(renderBroker(options)).terminationGracePeriodSeconds;

describe('shutdown of RabbitmqCluster', () => {
  test.each([10, 120, 1800])('waits %d s for the others, and leaves time for what comes after', (quorumWaitSeconds) => {
    expect(waitOf({ quorumWaitSeconds })).toBe(quorumWaitSeconds);
    expect(graceOf({ quorumWaitSeconds })).toBe(quorumWaitSeconds + 90);
  });

  test('has nobody to wait for with a single node', () => expect(graceOf({ nodes: 1, quorumWaitSeconds: 1800 })).toBe(60));

  test.each([185, 3600])('takes a grace period of %d s', (terminationGracePeriodSeconds) =>
    expect(graceOf({ terminationGracePeriodSeconds })).toBe(terminationGracePeriodSeconds),
  );

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    [
      'a grace period that cuts the drain short',
      { terminationGracePeriodSeconds: 184 },
      /^broker\.terminationGracePeriodSeconds: got 184 -> must be at least quorumWaitSeconds \+ 65 -> use 185 or more/,
    ],
    [
      'a wait that the grace period has no room for',
      { quorumWaitSeconds: 300, terminationGracePeriodSeconds: 210 },
      /^broker\.terminationGracePeriodSeconds: got 210 -> .* -> use 365 or more/,
    ],
    [
      'a single node without time to end',
      { nodes: 1, terminationGracePeriodSeconds: 30 },
      /^broker\.terminationGracePeriodSeconds: got 30 -> must leave the server time to end -> use 35 or more/,
    ],
    [
      'a week of waiting',
      { quorumWaitSeconds: 604_800 },
      /^broker\.quorumWaitSeconds: got 604800 -> must be a whole number from 10 to 1800/,
    ],
    [
      'a week of grace',
      { terminationGracePeriodSeconds: 604_800 },
      /^broker\.terminationGracePeriodSeconds: got 604800 -> .* to 3600 seconds/,
    ],
  ])('refuses %s', (_, options, line) => expect(brokerProblems(options)).toEqual([expect.stringMatching(line)]));
});
