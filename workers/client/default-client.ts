import { credentialsFrom } from '../broker/credentials';
import { clientConfig } from '../config';
import { redisOptions } from '../results/choose';
import { Client } from './client';

let current: Client | undefined;

/** The client behind `task.delay()`: the one given to `useClient`, else one made from the environment at the first call. */
export function defaultClient(): Client {
  current ??= clientFromEnvironment(process.env);
  return current;
}

/** Sets the client behind `task.delay()`. */
export function useClient(client: Client | undefined): void {
  current = client;
}

/**
 * A client with the settings of a worker's pod: WARREN_TOPOLOGY, WARREN_BROKER_HOSTS, WARREN_BROKER_CREDENTIALS and, for TLS,
 * WARREN_BROKER_TLS_CA, and those of the result backend: WARREN_RESULT_BACKEND, WARREN_REDIS_URL, WARREN_REDIS_CREDENTIALS.
 * @throws InvalidConfiguration
 */
export function clientFromEnvironment(environment: NodeJS.ProcessEnv): Client {
  const { topology, brokerHosts, brokerCredentials, brokerTlsCa, redis } = clientConfig(environment);
  const results = redis && { redis: redisOptions(redis) };
  return new Client({ topology, hosts: brokerHosts, credentials: credentialsFrom(brokerCredentials), tlsCa: brokerTlsCa, results });
}
