import { type Problem, suggest } from '../../workers/problems';
import type { ExternalBrokerOptions } from './external-broker';
import { distinct, isPlainObject, join, list, optional, problem, record, type Rule, shape, text } from '../rules';

const AMQPS_PORT = '5671';
const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):([1-9]\d{0,4})$/;
const NO_TLS = 'must not be a TLS address: workers cannot use TLS yet';
const PUT_INTO_SECRET = 'put the user and the password into a Secret and name it in secrets or secret';

const host: Rule = (value, path) => {
  const name = String(value);
  if (name.includes('@'))
    return [problem(path, redacted(name), 'must not hold a user or password: manifests hold no secret', PUT_INTO_SECRET)];
  if (name.includes('://')) return [problem(path, value, 'must be host:port without a scheme', `write "${hostOfUrl(name)}"`)];
  const port = typeof value === 'string' ? HOST.exec(value)?.[1] : undefined;
  if (port === undefined || Number(port) > 65_535) return [problem(path, value, 'must be host:port', 'write "broker.example.com:5672"')];
  return port === AMQPS_PORT ? [problem(path, value, NO_TLS, 'use the port of plain AMQP, usually 5672')] : [];
};

const managementUrl: Rule = (value, path) => {
  const wrong = (rule: string, fix: string, got = value) => [problem(path, got, rule, fix)];
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url && (url.username || url.password)) {
    return wrong('must not hold a user or password: manifests hold no secret', PUT_INTO_SECRET, redacted(String(value)));
  }
  if (url?.protocol === 'https:') return wrong(NO_TLS, 'use the http address of the management API, usually port 15672');
  if (url?.protocol !== 'http:') return wrong('must be the root of the management API', 'write "http://broker.example.com:15672/"');
  if (url.search || url.hash || !url.pathname.endsWith('/')) return wrong('must end with "/"', `write "${url.origin}/"`);
  return [];
};

const secretReference: Rule = text(
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  'must be the name of a Secret',
  'use one of "kubectl get secrets"',
);

/** Everything that is wrong with the options of an external broker; `users` are those who will log in. */
export function externalBrokerProblems(options: ExternalBrokerOptions, path: string, users: readonly string[]): Problem[] {
  const user: Rule = (value, at) =>
    users.includes(String(value)) ? [] : [problem(at, value, 'is not a user of this task system', suggest(String(value), users))];
  const problems = shape<ExternalBrokerOptions>({
    hosts: distinct(list(host, 1)),
    managementUrl,
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

function hostOfUrl(url: string): string {
  const rest = url.replace(/^.*:\/\//, '').replace(/\/.*$/, '');
  return /:\d+$/.test(rest) ? rest : `${rest}:5672`;
}
