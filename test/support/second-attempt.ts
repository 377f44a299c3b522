/**
 * Tests with real programs share a machine with other tests; one that fails is tried once more after the rest of its file. The reporter
 * names every test that needed it, with the reason of the first failure: a test that is named often is a defect to look into.
 */
jest.retryTimes(1, { logErrorsBeforeRetry: true });
