import { type Command, type Commands, ok } from '../command';

const enableEvents: Command = { run: ({ events }) => ok(`task events ${events.enableTasks() ? '' : 'already '}enabled`) };

const disableEvents: Command = { run: ({ events }) => ok(`task events ${events.disableTasks() ? '' : 'already '}disabled`) };

/** What Celery announces in a heartbeat that was asked for. */
const ASKED_FREQ = 5;

const heartbeat: Command = {
  run: ({ events }) => {
    events.heartbeat(ASKED_FREQ);
    return null;
  },
};

export const EVENT_COMMANDS: Commands = { enable_events: enableEvents, disable_events: disableEvents, heartbeat };
