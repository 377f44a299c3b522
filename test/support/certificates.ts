import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { find, type Manifest } from './manifests';
import { run } from './processes';
import type { Files } from './rendered-pod';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export interface Names {
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  /** Words of cert-manager. @default - server auth */
  readonly usages?: readonly string[];
}

/** A certificate authority of a test, made with openssl. Call `remove` when done. */
export class TestAuthority {
  static async create(name = 'Warren test authority'): Promise<TestAuthority> {
    const folder = await mkdtemp(join(tmpdir(), 'warren-ca-'));
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'].flatMap((each) => ['-addext', each]);
    const files = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.crt')];
    await run(['openssl', 'req', '-x509', ...KEY, ...files, '-days', '2', '-subj', `/CN=${name}`, ...extensions]);
    return new TestAuthority(folder);
  }

  private constructor(private readonly folder: string) {}

  /** The file with its own certificate. */
  get path(): string {
    return join(this.folder, 'ca.crt');
  }

  /** A Secret as cert-manager fills it. */
  async issue({ dns = [], ips = [], usages = ['server auth'] }: Names): Promise<Files> {
    const at = (file: string) => join(this.folder, file);
    const names = [...dns.map((name) => `DNS:${name}`), ...ips.map((ip) => `IP:${ip}`)];
    const extended = usages.filter((usage) => usage.endsWith(' auth')).map((usage) => usage.replace(' auth', 'Auth'));
    const extensions = [
      `subjectAltName=${names.join(',')}`,
      `extendedKeyUsage=${extended.join(',')}`,
      'keyUsage=critical,digitalSignature,keyEncipherment',
    ];
    await writeFile(at('extensions'), extensions.join('\n'));
    await run(['openssl', 'req', '-new', ...KEY, '-keyout', at('tls.key'), '-out', at('request'), '-subj', '/CN=broker']);
    const authority = ['-CA', this.path, '-CAkey', at('ca.key'), '-CAcreateserial'];
    await run([
      'openssl',
      'x509',
      '-req',
      '-in',
      at('request'),
      ...authority,
      '-days',
      '1',
      '-extfile',
      at('extensions'),
      '-out',
      at('tls.crt'),
    ]);
    const [ca, certificate, key] = await Promise.all(['ca.crt', 'tls.crt', 'tls.key'].map((file) => readFile(at(file), 'utf8')));
    return { 'ca.crt': ca ?? '', 'tls.crt': certificate ?? '', 'tls.key': key ?? '' };
  }

  /** What cert-manager would make of the rendered Certificate, and valid for some addresses, by which tests reach nodes. */
  async issueFor(objects: readonly Manifest[], ips: readonly string[]): Promise<Record<string, Files>> {
    const { secretName, dnsNames, usages } = find(objects, 'Certificate', 'tasks-broker').spec;
    return { [secretName]: await this.issue({ dns: dnsNames, ips, usages }) };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
