// A worker with the tasks of this folder: what a program of a user's own looks like.
const { runWorker } = require('../../../lib/workers');

void runWorker({ tasks: require.resolve('./tasks') });
