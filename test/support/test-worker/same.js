// A worker with the tasks that test/interop/same_tasks.py has, too.
const { runWorker } = require('../../../lib/workers');

void runWorker({ tasks: require.resolve('./same-tasks') });
