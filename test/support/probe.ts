import { get } from 'node:http';
import { get as getTls } from 'node:https';

/** The status of an HTTP probe as the kubelet makes it, which verifies no certificate; undefined when nobody answers. */
export async function probe(url: URL): Promise<number | undefined> {
  const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(5000) };
  return new Promise((resolve) => {
    const request = url.protocol === 'https:' ? getTls(url, { ...options, rejectUnauthorized: false }) : get(url, options);
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', () => resolve(undefined));
  });
}
