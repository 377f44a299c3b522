import { type ListenerTls, PORTS, TLS_PORTS } from './listeners';
import { PATHS } from './paths';
import { TLS_FILES } from './tls';

interface ListenerProps {
  readonly tls?: ListenerTls;
  /** Some reach the nodes by IPv6. */
  readonly ipv6: boolean;
}

const VERSIONS = ['tlsv1.3', 'tlsv1.2'] as const;
const LISTENERS = ['ssl_options', 'management.ssl', 'prometheus.ssl'] as const;

/** What a node listens on. */
export function listenerSettings(props: ListenerProps): string[] {
  const { tls } = props;
  return [
    // Metrics keep their plain port unless told; the management API has none as soon as it has one with TLS.
    ...(!tls || tls.plain ? plainListeners(props) : ['listeners.tcp = none', 'prometheus.tcp.listener = none']),
    ...(tls ? [...tlsListeners(props), ...certificateFiles(), ...tlsVersions()] : []),
  ];
}

/** The same where the RabbitMQ cluster operator opens the ports with TLS and names the files. */
export function operatorListenerSettings(props: ListenerProps): string[] {
  const { tls } = props;
  const plain = !tls || tls.plain ? plainListeners(props) : ['prometheus.tcp.listener = none'];
  return [...plain, ...(tls ? tlsVersions() : [])];
}

function plainListeners({ ipv6 }: ListenerProps): string[] {
  return [
    `listeners.tcp.default = ${PORTS.amqp}`,
    `management.tcp.port = ${PORTS.management}`,
    `prometheus.tcp.port = ${PORTS.prometheus}`,
    // AMQP listens on both families by itself, HTTP on IPv4 alone; and "::" keeps a kernel without IPv6 from starting the node.
    ...(ipv6 ? ['management.tcp.ip = ::', 'prometheus.tcp.ip = ::'] : []),
  ];
}

function tlsListeners({ ipv6 }: ListenerProps): string[] {
  return [
    `listeners.ssl.default = ${TLS_PORTS.amqps}`,
    `management.ssl.port = ${TLS_PORTS['management-tls']}`,
    `prometheus.ssl.port = ${TLS_PORTS['prometheus-tls']}`,
    ...(ipv6 ? ['management.ssl.ip = ::', 'prometheus.ssl.ip = ::'] : []),
  ];
}

/** Nobody is asked for a certificate: who a client is, its password says. */
function certificateFiles(): string[] {
  return LISTENERS.flatMap((listener) => [
    `${listener}.cacertfile = ${PATHS.tls}/${TLS_FILES.authorities}`,
    `${listener}.certfile = ${PATHS.tls}/${TLS_FILES.certificate}`,
    `${listener}.keyfile = ${PATHS.tls}/${TLS_FILES.key}`,
    `${listener}.verify = verify_none`,
    `${listener}.fail_if_no_peer_cert = false`,
  ]);
}

function tlsVersions(): string[] {
  return LISTENERS.flatMap((listener) => VERSIONS.map((version, index) => `${listener}.versions.${index + 1} = ${version}`));
}
