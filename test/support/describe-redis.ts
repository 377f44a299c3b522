import { describeReal } from './real';
import { redisInstallation } from './redis-installation';

/** `describe` for tests that need a Redis; where there is none, the global setup has noted why. */
export const describeRedis: jest.Describe = 'missing' in redisInstallation() ? describe.skip : describeReal;
