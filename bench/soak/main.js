// Runs bench/soak/soak.ts as it stands: `npm run bench:soak -- --tasks 20000`. The broker comes from test/support, whose TypeScript is
// compiled on the fly, as jest does it.
const { transformFileSync } = require('@swc/core');

const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };
require.extensions['.ts'] = (module, file) => Reflect.get(module, '_compile').call(module, transformFileSync(file, options).code, file);

const { main } = require('./soak');

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
