import { type Difference, THERE } from './case';

/** Differences that more than one case has. */

export const DEAD_LETTER = (reason: string, theirs: string | null): Difference => ({
  reason: 'what cannot be run is kept in the dead-letter queue, with a reason in its headers',
  at: { 'dead letter': [reason, theirs] },
});

export const REJECT_EVENT: Difference = {
  reason: 'monitors see the exception that the caller gets',
  at: { 'events / task-failed / exception': ["Reject('no', False)", 'reject requeue=False: no'] },
};

export const NO_CHILD_OF_ITSELF: Difference = {
  reason: 'a retried task is not a child of its own: walking over the children would never end',
  at: { 'states / RETRY / children': ['[]', "[[['ID', None], None]]"] },
};

export const NOTHING_THROWN: Difference = {
  reason: 'a task that only asks for another try has thrown nothing that a traceback could be of',
  at: { 'states / RETRY / traceback': [false, true] },
};

export const NOT_STARTED: Difference = {
  reason: 'arguments are checked before the function is called: a task they do not fit never starts',
  at: {
    'events / order': ['task-received task-failed', 'task-received task-started task-failed'],
    'events / task-started': [undefined, THERE],
  },
};

/** The same failure in other words, to its caller and to monitors. */
export function otherWords(reason: string, type: string, ours: string, theirs: readonly [event: string, args: string]): Difference {
  const quoted = ours.includes("'") && !ours.includes('"') ? `"${ours}"` : `'${ours.replaceAll("'", "\\'")}'`;
  return {
    reason,
    at: {
      'events / task-failed / exception': [`${type}(${quoted})`, theirs[0]],
      'states / FAILURE / result / args': [`(${quoted},)`, theirs[1]],
    },
  };
}

export const PROTOCOL_1 = (args: string, kwargs: string): Difference => ({
  reason: 'protocol 1 carries no representations and no root; monitors are shown those of protocol 2',
  at: {
    'events / task-received / args': [args, 'None'],
    'events / task-received / kwargs': [kwargs, 'None'],
    'events / task-received / root_id': ['ID', 'None'],
  },
});
