import type { MessageProperties } from './message';

/** Headers the broker adds to a message that was delayed or dead-lettered; they would grow with each round. */
const BROKER_HEADERS = /^(x-(first|last)-death-|x-death$|x-delivery-count$|x-acquired-count$)/;

/** The same message for another try: same id, same body, with its number of retries and its time. */
export function encodeRetry(
  content: Buffer,
  properties: MessageProperties,
  { retries, eta }: { readonly retries: number; readonly eta: Date },
): { readonly content: Buffer; readonly properties: MessageProperties } {
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !BROKER_HEADERS.test(name));
  const headers = { ...Object.fromEntries(kept), retries, eta: eta.toISOString().replace('Z', '000+00:00') };
  return { content, properties: { ...properties, headers } };
}
