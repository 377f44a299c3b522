export type { Credentials, CredentialsSource } from './broker/credentials';
export { credentialsFrom } from './broker/credentials';
export { PublishError } from './broker/publisher';
export { EncodeError } from './celery/encode-json';
export {
  type PythonDate,
  type PythonDecimal,
  type PythonTime,
  type PythonUuid,
  pythonDate,
  pythonDecimal,
  pythonTime,
  pythonUuid,
} from './celery/python-types';
export { Client, type ClientOptions } from './client/client';
export { clientFromEnvironment, useClient } from './client/default-client';
export { Job, ResultTimeout, TaskFailed } from './client/job';
export { InvalidConfiguration } from './problems';
export { EXIT, runWorker, type RunWorkerOptions } from './run-worker';
export type { RedisOptions } from './results/redis-connection';
export { type SendOptions, Task, task } from './task';
export { type TaskContext, taskContext, type TaskLog } from './task-context';
export { Ignore, Reject, Retry, SoftTimeLimitExceeded, TaskTerminated, WorkerDraining } from './task-errors';
export type { Isolation, RetryOptions, TaskOptions } from './task-options';
export { bySize, decodeTopology, encodeTopology, resolveTopology, type Topology, type TopologyDeclaration } from './topology';
