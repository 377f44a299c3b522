import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';

/** Value of a trust setting that stands for Node.js' own list of public authorities, and what NODE_EXTRA_CA_CERTS adds to it. */
export const SYSTEM_TRUST = 'system';

const PEM = '-----BEGIN CERTIFICATE-----';

/**
 * What a TLS connection needs beside an address. Certificate and server name are always verified, and TLS below 1.2 is refused. The file is read at every
 * connect, so that a rotated authority is picked up without a restart.
 * @param trusted path of a PEM file with the authorities that vouch for the broker, or `'system'`
 * @throws Error when the file cannot be read or holds no certificate
 */
export async function tlsOptions(trusted: string): Promise<SecureContextOptions> {
  const minVersion = 'TLSv1.2';
  if (trusted === SYSTEM_TRUST) return { minVersion };
  const ca = await readFile(trusted, 'utf8');
  // Without this an empty file would be an empty list, and every handshake would fail without saying why.
  if (!ca.includes(PEM)) throw new Error(`${trusted} holds no certificate in PEM form`);
  return { minVersion, ca };
}
