/**
 * Why a message was not accepted:
 * - `unroutable`: no queue is bound for it (or its queue does not exist); nothing was stored.
 * - `refused`: the broker said no, for instance because the queue is full; nothing was stored.
 * - `invalid`: it can never be taken as it is: too large, its exchange does not exist, no permission; nothing was stored.
 * - `blocked`: the broker is short of memory or disk and takes no messages for now; nothing was sent.
 * - `timeout`: no answer in time. It may have been stored, unless the text says that nothing was sent; sending again may run it twice.
 */
export type PublishErrorCode = 'unroutable' | 'refused' | 'invalid' | 'blocked' | 'timeout';

export class PublishError extends Error {
  override readonly name = 'PublishError';

  constructor(
    readonly code: PublishErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** No message can be written that says this, whatever the broker: its headers are too long, for example. Nothing was sent. */
export class Unwritable extends PublishError {
  constructor(message: string) {
    super('invalid', message);
  }
}
