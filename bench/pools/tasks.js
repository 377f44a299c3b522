// Tasks that do nothing, for bench/pools/main.js.
const { task } = require('../../lib/workers');

task('bench.echo', (value) => value);
task('bench.memory', () => process.memoryUsage.rss() / 2 ** 20);
