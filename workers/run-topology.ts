import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { credentialsFrom } from './broker/credentials';
import { TLS_ENVIRONMENT, TOPOLOGY_ENVIRONMENT } from './environment';
import { errorMessage } from './error-message';
import { ManagementApi } from './management/api';
import { applyDefinitions, enableFeatureFlags, rebalanceLeaders } from './management/apply';
import type { Definitions } from './management/definitions';
import { differences, leftovers } from './management/verify';
import { createLog } from './observe/log';
import { type Problem, throwIfAny } from './problems';

/** What the topology command needs to know. */
export interface TopologyCommand {
  /** Path of the definitions file, with placeholders for password hashes. */
  readonly definitionsFile: string;
  /** Folder with one folder per user, each with the files `username` and `password`. */
  readonly usersFolder: string;
  /** Name of the user that may change everything. */
  readonly admin: string;
  /** Root of the management API, with a trailing slash. */
  readonly managementUrl: string;
  /** Nodes that must run before anything is done. */
  readonly nodes: number;
  /** For `https`: PEM file with the authorities that vouch for the broker, or `system`. @default 'system' */
  readonly tlsCa?: string;
}

/** A first apply may pull images and format volumes before the broker answers. */
const BROKER_TIMEOUT_MS = 600_000;
/** Policies and members take effect a little after they were accepted. */
const EFFECT_TIMEOUT_MS = 60_000;
const RETRY_MS = 1000;

/**
 * Brings the running broker to the declared topology, enables feature flags, rebalances leaders and verifies the result.
 * @returns what is not as declared; nothing when all is well
 * @throws Error when the broker does not answer in time or refuses something
 */
export async function runTopology(command: TopologyCommand, log: Logger): Promise<string[]> {
  const definitions = JSON.parse(await readFile(command.definitionsFile, 'utf8')) as Definitions;
  const credentialsOf = (user: string) => credentialsFrom(join(command.usersFolder, user))();
  const api = new ManagementApi(command.managementUrl, await credentialsOf(command.admin), command.tlsCa);
  await retry(BROKER_TIMEOUT_MS, () => allNodesRun(api, command.nodes), log);
  for (const left of await leftovers(api, definitions)) log.warn({ left }, 'left over; delete it by hand when nobody needs it');
  const refusals = await applyDefinitions({ api, definitions, log, passwordOf: async (user) => (await credentialsOf(user)).password });
  await enableFeatureFlags(api, log);
  await rebalanceLeaders(api);
  let wrong: string[] = [];
  const settled = async (): Promise<void> => {
    wrong = await differences(api, definitions);
    if (wrong.length > 0) throw new Error(wrong.join('; '));
  };
  // What the broker refused does not become right by waiting.
  await retry(refusals.length > 0 ? 0 : EFFECT_TIMEOUT_MS, settled, log).catch(() => undefined);
  const problems = [...refusals, ...wrong];
  for (const problem of problems) log.error({ problem }, 'not as declared');
  if (problems.length === 0) log.info('the broker is as declared');
  return problems;
}

async function allNodesRun(api: ManagementApi, nodes: number): Promise<void> {
  const running = (await api.get<readonly { running: boolean }[]>('nodes')).filter((node) => node.running).length;
  if (running < nodes) throw new Error(`${running} of ${nodes} nodes run`);
}

async function retry(timeoutMs: number, work: () => Promise<void>, log: Logger): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let said = ''; ; ) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      const reason = errorMessage(error);
      if (reason !== said) log.info({ reason }, 'waiting');
      said = reason;
    }
    await setTimeout(RETRY_MS);
  }
}

/** @throws InvalidConfiguration with every variable that is missing */
export function topologyCommand(environment: NodeJS.ProcessEnv): TopologyCommand {
  const problems: Problem[] = [];
  const read = (name: string): string => {
    const value = environment[name] ?? '';
    if (value === '') problems.push({ path: name, got: undefined, rule: 'must be set', fix: 'run this in the rendered topology Job' });
    return value;
  };
  const command = {
    definitionsFile: read(TOPOLOGY_ENVIRONMENT.definitions),
    usersFolder: read(TOPOLOGY_ENVIRONMENT.users),
    admin: read(TOPOLOGY_ENVIRONMENT.admin),
    managementUrl: read(TOPOLOGY_ENVIRONMENT.managementUrl),
    nodes: Number(read(TOPOLOGY_ENVIRONMENT.nodes)),
    tlsCa: environment[TLS_ENVIRONMENT.ca] || undefined,
  };
  throwIfAny(problems);
  return command;
}

/** The command of the worker image: exit code 0 when the broker is as declared, else 1. */
export async function topologyMain(): Promise<void> {
  const log = createLog('topology');
  try {
    const wrong = await runTopology(topologyCommand(process.env), log);
    process.exitCode = wrong.length > 0 ? 1 : 0;
  } catch (error) {
    log.error({ error: errorMessage(error) }, 'the topology was not applied');
    process.exitCode = 1;
  }
}
