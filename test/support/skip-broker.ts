/** Whether tests against a real broker and real Python are left out; never in CI, where that would prove nothing. */
export function skipsBroker(): boolean {
  if (process.env['SKIP_BROKER'] !== '1') return false;
  if (process.env['CI'] === 'true') throw new Error('SKIP_BROKER=1 is refused when CI=true: CI must run every test');
  return true;
}
