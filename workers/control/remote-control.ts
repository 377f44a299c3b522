import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { BestEffortChannel } from '../broker/best-effort-channel';
import { within } from '../broker/deadline';
import { LamportClock } from '../celery/clock';
import { CONTROL_EXCHANGE, REPLY_EXCHANGE } from '../celery/control';
import { EVENT_EXCHANGE } from '../celery/events';
import type { RemoteControlMode } from '../environment';
import { errorMessage } from '../error-message';
import { EventPublisher } from '../observe/events';
import { CatchUp } from './catch-up';
import type { ControlledWorker } from './controlled-worker';
import { Pidbox } from './pidbox';
import { Requests } from './requests';
import { Revoked } from './revoked';

export interface RemoteControlOptions {
  readonly worker: ControlledWorker;
  readonly mode: RemoteControlMode;
  /** Send task events also when no monitor has asked for them. */
  readonly taskEvents: boolean;
  readonly log: Logger;
}

const OPEN_TIMEOUT_MS = 2000;
const CLOSE_TIMEOUT_MS = 1000;

/** Everything by which others see and steer this worker: commands, events, and the tasks that must not run. */
export class RemoteControl {
  readonly clock = new LamportClock();
  /** Asked right before a task starts. */
  readonly revoked = new Revoked();
  readonly events: EventPublisher;
  /** The runtime reports each task to it. */
  readonly requests: Requests;
  private readonly eventChannel: BestEffortChannel;
  private readonly replyChannel: BestEffortChannel;
  private readonly pidbox: Pidbox;
  private readonly catchUp: CatchUp;

  constructor(private readonly options: RemoteControlOptions) {
    const { worker, mode, taskEvents, log } = options;
    const { clock, revoked } = this;
    this.eventChannel = new BestEffortChannel({
      name: 'events',
      log,
      declare: async (channel) => void (await channel.assertExchange(EVENT_EXCHANGE, 'topic', { durable: true })),
      onOpen: () => this.events.online(),
    });
    this.events = new EventPublisher({
      nodeName: worker.nodeName,
      clock,
      publish: (routingKey, message) => this.eventChannel.publish(EVENT_EXCHANGE, routingKey, message),
      counts: () => this.requests,
      alwaysTasks: taskEvents,
    });
    this.requests = new Requests(this.events);
    // A channel apart: an answer that goes wrong must not take events with it.
    this.replyChannel = new BestEffortChannel({
      name: 'control replies',
      log,
      declare: async (channel) => {
        await channel.assertExchange(CONTROL_EXCHANGE, 'fanout', { durable: false });
        await channel.assertExchange(REPLY_EXCHANGE, 'direct', { durable: false });
      },
    });
    const publish = this.replyChannel.publish.bind(this.replyChannel);
    const context = { worker, clock, revoked, events: this.events, mayChange: mode === 'all' };
    this.pidbox = new Pidbox({ context, reply: publish, log });
    this.catchUp = new CatchUp({ nodeName: worker.nodeName, clock, revoked, publish, log });
  }

  /**
   * A new connection for publishing. Events and answers go there and not to the consuming one, which RabbitMQ would stop reading acks from
   * when it is short of memory. Never throws.
   */
  async attachPublisher(connection: ChannelModel): Promise<void> {
    if (this.options.mode !== 'off') await this.replyChannel.attach(connection);
    await this.eventChannel.attach(connection);
  }

  /**
   * A new connection for consuming, before the first task is taken from it. Takes some hundredths of a second, seven seconds at the most.
   * Never throws.
   */
  async attachConsumer(connection: ChannelModel): Promise<void> {
    const { mode, log } = this.options;
    if (mode === 'off') return;
    await within(OPEN_TIMEOUT_MS, this.pidbox.open(connection), 'opening the control channel').catch((error: unknown) => {
      log.warn({ error: errorMessage(error) }, 'no control channel');
    });
    if (mode === 'all') await this.catchUp.run(connection);
  }

  /** Says `worker-offline`; comes last, when no task runs any more. */
  async stop(): Promise<void> {
    this.events.offline();
    await within(CLOSE_TIMEOUT_MS, this.eventChannel.close(), 'closing').catch(() => undefined);
  }
}
