import type { ChannelModel } from 'amqplib';

/** A channel that the broker keeps closing must not keep the worker busy. */
const REOPEN_MS = 2000;

/** Opens a channel again a little later, unless its connection has gone by then: the next connection brings its own channels. */
export function reopenLater(connection: ChannelModel, open: () => Promise<void>): void {
  const forget = (): void => clearTimeout(timer);
  const timer = setTimeout(() => {
    connection.off('close', forget);
    void open();
  }, REOPEN_MS);
  timer.unref();
  connection.once('close', forget);
}
