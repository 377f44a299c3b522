import { rabbitmqConf } from './config';
import { DEFINITIONS_FILE } from './definitions';
import type { ResolvedRabbitmqOptions } from './options';
import { enabledPlugins } from './plugins';
import { PREPARE_SCRIPT, START_SCRIPT } from './scripts';
import { isIpv6Only, usesIpv6 } from './services';
import { userConf } from './user-configuration';

/** Name of the file that makes Erlang look up IPv6 addresses. */
export const INETRC = 'erl_inetrc';

export interface BrokerFilesProps {
  readonly clusterName: string;
  /** The definitions file, with placeholders for password hashes. */
  readonly definitions: string;
}

/** Every file of the broker's ConfigMap. */
export function brokerFiles(options: ResolvedRabbitmqOptions, props: BrokerFilesProps): Record<string, string> {
  const ipv6 = usesIpv6(options);
  return {
    'rabbitmq.conf': rabbitmqConf({ ...options, ipv6, clusterName: props.clusterName, memory: options.resources.memory }),
    'user.conf': userConf(options.configuration),
    enabled_plugins: enabledPlugins(options.plugins),
    [DEFINITIONS_FILE]: props.definitions,
    'prepare.sh': PREPARE_SCRIPT,
    'start.sh': START_SCRIPT,
    ...(isIpv6Only(options) && { [INETRC]: '{inet6, true}.\n' }),
  };
}
