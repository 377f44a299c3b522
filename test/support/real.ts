import { skipsBroker } from './skip-broker';

/** `describe` for tests that need what the global setup prepares: a real broker, real Python. */
export const describeReal: jest.Describe = skipsBroker() ? describe.skip : describe;
