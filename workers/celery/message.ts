/** The wire format of task messages; each part has a file of its own. */
export { type Compression } from './compression';
export { decodeJson } from './decode-json';
export { decodeTask } from './decode-task';
export { EncodeError, encodeJson } from './encode-json';
export { encodeRetry, type RetryOptions } from './encode-retry';
export { argumentBytes, type EncodedTask, type EncodeOptions, encodeTask } from './encode-task';
export { type DecodeLimits, DEFAULT_LIMITS } from './limits';
export { Rejected, type RejectReason } from './rejected';
export type { Embed, MessageProperties, TaskMessage, TimeLimit } from './task-message';
