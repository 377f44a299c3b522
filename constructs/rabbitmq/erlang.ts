import type { k8s } from 'cdk8s-plus-27';
import { PATHS } from './paths';
import { isIpv6Only, type NetworkOptions } from './services';
import { TLS_FILES, type TlsOptions } from './tls';

/** Name of the file that makes Erlang look up IPv6 addresses. */
export const INETRC = 'erl_inetrc';
/** Name of the file with what nodes and command line tools ask of each other's certificates. */
export const INTER_NODE_TLS = 'inter-node-tls.config';

export interface ErlangOptions extends NetworkOptions {
  readonly tls?: TlsOptions;
}

/** Files of the broker's ConfigMap that the Erlang machine reads. */
export function erlangFiles(options: ErlangOptions): Record<string, string> {
  return {
    ...(isIpv6Only(options) && { [INETRC]: '{inet6, true}.\n' }),
    ...(options.tls?.interNode && { [INTER_NODE_TLS]: interNodeTls() }),
  };
}

/**
 * How nodes, and their command line tools, talk to each other: over IPv4 and without TLS unless told (RabbitMQ cluster operator, example
 * ipv6; RabbitMQ documentation, clustering-ssl).
 */
export function erlangEnvironment(options: ErlangOptions): k8s.EnvVar[] {
  const [ipv6, interNode] = [isIpv6Only(options), options.tls?.interNode ?? false];
  if (!ipv6 && !interNode) return [];
  const protocol = `-proto_dist inet${ipv6 ? '6' : ''}_${interNode ? 'tls' : 'tcp'}`;
  const common = [protocol, ...(interNode ? [`-ssl_dist_optfile ${PATHS.config}/${INTER_NODE_TLS}`] : [])].join(' ');
  const lookup = ipv6 ? `-kernel inetrc '${PATHS.config}/${INETRC}' ` : '';
  return [
    { name: 'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS', value: `${lookup}${common}` },
    { name: 'RABBITMQ_CTL_ERL_ARGS', value: common },
  ];
}

/**
 * Both sides show a certificate, and who connects also checks the other's name. Erlang does not take a wildcard for it, so the certificate
 * names every node.
 */
function interNodeTls(): string {
  const common = [
    `{cacertfile, "${PATHS.tls}/${TLS_FILES.authorities}"}`,
    `{certfile, "${PATHS.tls}/${TLS_FILES.certificate}"}`,
    `{keyfile, "${PATHS.tls}/${TLS_FILES.key}"}`,
    "{versions, ['tlsv1.3', 'tlsv1.2']}",
    '{verify, verify_peer}',
  ];
  const side = (name: string, more: readonly string[]) => `{${name}, [\n  ${[...common, ...more].join(',\n  ')}\n]}`;
  return `[${side('server', ['{fail_if_no_peer_cert, true}'])},\n${side('client', [])}].\n`;
}
