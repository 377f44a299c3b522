import { timeLimitsOf } from '../../../workers/runtime/time-limits';
import { resolveTopology } from '../../../workers/topology';

const [queue] = resolveTopology({ queues: { small: { maxTaskSeconds: 30 } } }).queues;
if (!queue) throw new Error('no queue');
const limits = (hardSeconds: number | null, softSeconds: number | null, options = {}) =>
  timeLimitsOf({ timeLimit: { hardSeconds, softSeconds } }, options, queue);

describe('time limits of a call', () => {
  it("are its queue's", () => {
    expect(limits(null, null)).toEqual({ hardSeconds: 35, softSeconds: 30 });
  });

  it("are the task's, and the caller's before those", () => {
    const options = { hardTimeLimitSeconds: 20, softTimeLimitSeconds: 10 };
    expect(limits(null, null, options)).toEqual({ hardSeconds: 20, softSeconds: 10 });
    expect(limits(5, 3, options)).toEqual({ hardSeconds: 5, softSeconds: 3 });
  });

  it("are never above the queue's: the broker's and the pod's patience are made for those", () => {
    expect(limits(1000, 1000)).toEqual({ hardSeconds: 35, softSeconds: 30 });
  });
});
