import { type Problem, suggest } from '../../workers/problems';
import type { ExternalBrokerOptions, ExternalBrokerTls } from './external-broker';
import { distinct, isPlainObject, join, list, optional, problem, record, type Rule, shape, text } from '../rules';

const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):([1-9]\d{0,4})$/;
const PUT_INTO_SECRET = 'put the user and the password into a Secret and name it in secrets or secret';
/** Ports of the other kind, with TLS and without: whoever writes one of them has forgotten something. */
const PLAIN = { port: '5672', scheme: 'http:', management: '15672' } as const;
const TLS = { port: '5671', scheme: 'https:', management: '15671' } as const;

/** Whether an address fits `tls`. */
interface Expected {
  readonly own: typeof PLAIN | typeof TLS;
  readonly other: typeof PLAIN | typeof TLS;
  readonly rule: string;
  readonly fix: string;
}

function expected(tls: boolean): Expected {
  return tls
    ? { own: TLS, other: PLAIN, rule: 'must be a TLS address: tls is set', fix: 'use the address with TLS, or remove tls' }
    : { own: PLAIN, other: TLS, rule: 'must not be a TLS address while tls is not set', fix: 'set tls: {}, or tls: { caSecret: "..." }' };
}

function hostRule({ own, other, rule, fix }: Expected): Rule {
  return (value, path) => {
    const name = String(value);
    if (name.includes('@'))
      return [problem(path, redacted(name), 'must not hold a user or password: manifests hold no secret', PUT_INTO_SECRET)];
    if (name.includes('://')) return [problem(path, value, 'must be host:port without a scheme', `write "${hostOfUrl(name, own.port)}"`)];
    const port = typeof value === 'string' ? HOST.exec(value)?.[1] : undefined;
    if (port === undefined || Number(port) > 65_535)
      return [problem(path, value, 'must be host:port', `write "broker.example.com:${own.port}"`)];
    return port === other.port ? [problem(path, value, rule, fix)] : [];
  };
}

function managementUrlRule({ own, other, rule, fix }: Expected): Rule {
  return (value, path) => {
    const wrong = (rule: string, fix: string, got = value) => [problem(path, got, rule, fix)];
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (url && (url.username || url.password)) {
      return wrong('must not hold a user or password: manifests hold no secret', PUT_INTO_SECRET, redacted(String(value)));
    }
    if (url?.protocol === other.scheme) return wrong(rule, fix);
    if (url?.protocol !== own.scheme)
      return wrong('must be the root of the management API', `write "${own.scheme}//broker.example.com:${own.management}/"`);
    if (url.search || url.hash || !url.pathname.endsWith('/')) return wrong('must end with "/"', `write "${url.origin}/"`);
    return [];
  };
}

const secretReference: Rule = text(
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  'must be the name of a Secret',
  'use one of "kubectl get secrets"',
);

const tlsShape = shape<ExternalBrokerTls>({
  caSecret: optional(secretReference),
  caKey: optional(text(/^[\w.-]{1,253}$/, 'must be a key of a Secret', 'write it like "ca.crt"')),
});

const tlsRule: Rule = (value, path) => {
  const problems = tlsShape(value, path);
  if (!isPlainObject(value) || value['caKey'] === undefined || value['caSecret'] !== undefined) return problems;
  return [...problems, problem(join(path, 'caKey'), value['caKey'], 'has no meaning without caSecret', 'name the Secret, or remove it')];
};

/** Everything that is wrong with the options of an external broker; `users` are those who will log in. */
export function externalBrokerProblems(options: ExternalBrokerOptions, path: string, users: readonly string[]): Problem[] {
  const user: Rule = (value, at) =>
    users.includes(String(value)) ? [] : [problem(at, value, 'is not a user of this task system', suggest(String(value), users))];
  const address = expected(isPlainObject(options) && options.tls !== undefined);
  const problems = shape<ExternalBrokerOptions>({
    hosts: distinct(list(hostRule(address), 1)),
    managementUrl: managementUrlRule(address),
    tls: optional(tlsRule),
    secrets: optional(record(user, secretReference)),
    secret: optional(secretReference),
  })(options, path);
  const both = isPlainObject(options) && options.secret !== undefined && options.secrets !== undefined;
  return both
    ? [...problems, problem(join(path, 'secret'), options.secret, 'must not be given together with secrets', 'remove one of them')]
    : problems;
}

/** What may be shown of an address with a login in it. */
function redacted(address: string): string {
  return address.replace(/^(.*:\/\/)?.*@/, '$1...@');
}

function hostOfUrl(url: string, port: string): string {
  const rest = url.replace(/^.*:\/\//, '').replace(/\/.*$/, '');
  return /:\d+$/.test(rest) ? rest : `${rest}:${port}`;
}
