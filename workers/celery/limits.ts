/** What a message may cost the worker that reads it. */
export interface DecodeLimits {
  /**
   * Longest body in bytes, as it arrives and after decompression. The default is a quarter of the broker's own limit (16 MiB): parsing is
   * done in one piece on the thread that also keeps the connection alive, 4 MiB of JSON take it some 50 ms and several times their size in
   * memory, and each slot of the worker may hold such a body.
   *
   * @default 4194304
   */
  readonly maxBodyBytes: number;
  /**
   * Deepest nesting of lists and objects, the body's own list included. Far more than arguments need, and far less than makes recursive
   * functions (JSON.stringify, structuredClone, a task's own) overflow the stack.
   *
   * @default 200
   */
  readonly maxDepth: number;
}

export const DEFAULT_LIMITS: DecodeLimits = { maxBodyBytes: 4 * 1024 * 1024, maxDepth: 200 };
