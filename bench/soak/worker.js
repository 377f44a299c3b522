// The worker of bench/soak: the program of the image, with the tasks of this folder.
const { runWorker } = require('../../lib/workers');

void runWorker({ tasks: require.resolve('./tasks') });
