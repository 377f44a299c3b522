import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tlsOptions } from '../../../workers/broker/tls';

const folder = mkdtempSync(join(tmpdir(), 'warren-tls-options-'));
const file = join(folder, 'ca.crt');
afterAll(() => rmSync(folder, { recursive: true }));

const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

describe('tlsOptions', () => {
  it('reads the file at every call', async () => {
    writeFileSync(file, pem('old'));
    expect(await tlsOptions(file)).toEqual({ minVersion: 'TLSv1.2', ca: pem('old') });
    writeFileSync(file, pem('new'));
    expect(await tlsOptions(file)).toMatchObject({ ca: pem('new') });
  });

  it('leaves the choice to Node.js when the system is to be trusted', async () =>
    expect(await tlsOptions('system')).toEqual({ minVersion: 'TLSv1.2' }));

  it('refuses a file without a certificate, which would trust nobody and not say so', async () => {
    writeFileSync(file, '\n');
    await expect(tlsOptions(file)).rejects.toThrow(`${file} holds no certificate in PEM form`);
    await expect(tlsOptions(join(folder, 'absent'))).rejects.toThrow('ENOENT');
  });
});
