import type { Logger } from 'pino';
import { workerConfig } from './config';
import { errorMessage } from './error-message';
import { createLog } from './observe/log';
import { InvalidConfiguration, throwIfAny } from './problems';
import { registeredTasks } from './task';
import { deduplicationProblems } from './task-options';

/** Exit codes of a worker process. */
export const EXIT = {
  /** Drained: nothing was left running. */
  drained: 0,
  /** The configuration is wrong; the log says where. */
  invalid: 2,
  /** Stopped with tasks still running; they were handed back to the broker. */
  handedBack: 3,
  /** Drained because a task ran over its hard time limit and could not be stopped. */
  unkillableTask: 4,
  /** Drained because an error reached nobody (an exception thrown in a timer, for example): what it left behind cannot be trusted. */
  crashed: 5,
} as const;

export interface RunWorkerOptions {
  /** Absolute path of the module that declares the tasks: `require.resolve('./tasks')`. Threads load it, too. */
  readonly tasks: string;
}

/**
 * Runs a worker with the settings of the environment (see `ENVIRONMENT`) until SIGTERM or SIGINT; a second signal ends the drain at once.
 * Ends the process.
 */
export async function runWorker({ tasks }: RunWorkerOptions): Promise<void> {
  require(tasks);
  const config = readConfig();
  if (!config) return;
  const log = createLog(config.nodeName);
  // Not sooner: programs that send tasks, threads and child processes load this file, too, and run no worker.
  const { Worker } = await import('./runtime/worker.js');
  const hurry = new AbortController();
  let stopping = false;
  let exitCode: number = EXIT.drained;
  const end = (code: number): void => {
    exitCode ||= code;
    if (stopping) return;
    stopping = true;
    void worker
      .stop(hurry.signal)
      .then((handedBack) => process.exit(exitCode || (handedBack > 0 ? EXIT.handedBack : EXIT.drained)))
      .catch((error: unknown) => {
        log.fatal({ error: errorMessage(error) }, 'the worker could not stop in good order');
        process.exit(exitCode || EXIT.crashed);
      });
  };
  const worker = new Worker({
    config,
    tasks: registeredTasks(),
    tasksModule: tasks,
    log,
    onEnd: (reason) => {
      log.info({ reason }, 'the worker ends by itself');
      end(reason === 'unkillable-task' ? EXIT.unkillableTask : EXIT.drained);
    },
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'signal');
    if (stopping) hurry.abort();
    else end(EXIT.drained);
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  await worker.start();
  // From here on, so that a worker that cannot start ends.
  outliveErrors(log, () => end(EXIT.crashed));
}

/** What a task leaves behind must not end the others: a forgotten promise is logged; after an exception the worker drains first. */
function outliveErrors(log: Logger, onCrash: () => void): void {
  const described = (thrown: unknown) => ({ error: errorMessage(thrown), stack: thrown instanceof Error ? thrown.stack : undefined });
  process.on('unhandledRejection', (reason) => log.error(described(reason), 'unhandled rejection'));
  process.on('uncaughtException', (error) => {
    log.fatal(described(error), 'uncaught exception');
    onCrash();
  });
}

function readConfig() {
  try {
    const config = workerConfig(process.env);
    if (!config.redis) throwIfAny(deduplicationProblems([...registeredTasks().values()]));
    return config;
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    console.error(error.message);
    process.exitCode = EXIT.invalid;
    return undefined;
  }
}
