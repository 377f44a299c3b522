// A worker that ends the task whose id is in the file of TEST_TERMINATE when it gets SIGUSR2, as remote control would.
const { readFileSync } = require('node:fs');
const { Worker } = require('../../../lib/workers/runtime/worker');

const start = Reflect.get(Worker.prototype, 'start');
Worker.prototype.start = async function () {
  process.on('SIGUSR2', () => console.log('found', this.terminate(readFileSync(process.env.TEST_TERMINATE, 'utf8'), 'SIGTERM')));
  await start.call(this);
};
require('./main');
