import type { UNREADABLE } from './unreadable';

/** AMQP properties that Celery uses, under amqplib's names. */
export interface MessageProperties {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly priority?: number | undefined;
  readonly expiration?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** Its properties could not be read; there are none of the above. */
  readonly [UNREADABLE]?: true;
}

/** How long a task may run, as its caller asked; `null`: as the task or the worker says. */
export interface TimeLimit {
  /** The task is ended. */
  readonly hardSeconds: number | null;
  /** The task is told, and may clean up. */
  readonly softSeconds: number | null;
}

/** The rest of the canvas that a task is a part of, as it came: signatures, or lists of them. */
export interface Embed {
  readonly callbacks: unknown;
  readonly errbacks: unknown;
  /** The next step is the last one of the list. */
  readonly chain: unknown;
  readonly chord: unknown;
}

/** A task as it travels: Celery message protocol 2, or 1 brought into the same form. */
export interface TaskMessage {
  /** Protocol it came in; 1 is that of old producers. */
  readonly protocol: 1 | 2;
  readonly id: string;
  /** Name of the task; any text, also one that no worker would register. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Queue of the caller's results; nothing is answered without one. */
  readonly replyTo: string | undefined;
  /** `null`: the task itself decides. */
  readonly ignoreResult: boolean | null;
  readonly retries: number;
  /** Not to run before this time. */
  readonly eta: Date | null;
  /** Not to run after this time. */
  readonly expires: Date | null;
  readonly timeLimit: TimeLimit;
  /** The broker's priority, 0 to 255: higher is sooner. `null`: the message has none. */
  readonly priority: number | null;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly group: string | null;
  /** Position in the group. */
  readonly groupIndex: number | null;
  /** Name to show in place of `task`. */
  readonly shadow: string | null;
  /** Who sent it, `gen<pid>@<host>`. */
  readonly origin: string | null;
  /** The arguments as Python prints them, for events; at most 1024 characters, control characters escaped. Empty: not given. */
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  /** How often the task has replaced itself by another one. */
  readonly replacedTaskNesting: number;
  /** Names of the stamps that are to be copied to follow-up tasks. */
  readonly stampedHeaders: readonly string[];
  readonly stamps: Readonly<Record<string, unknown>>;
  /** Headers of the caller's own; neither the protocol's nor those that the broker adds. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly embed: Embed;
}
