import { rabbitmqConf } from './config';
import { DEFINITIONS_FILE } from './definitions';
import type { ResolvedRabbitmqOptions } from './options';
import { erlangFiles } from './erlang';
import { enabledPlugins } from './plugins';
import { PREPARE_SCRIPT, START_SCRIPT } from './scripts';
import { usesIpv6 } from './services';
import { userConf } from './user-configuration';

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
    ...erlangFiles(options),
  };
}
