import { pythonRepr } from '../../celery/repr';
import { idsIn, signalIn, stampsIn } from '../arguments';
import { type Command, type CommandArguments, type CommandContext, type Commands, ok } from '../command';
import type { RequestInfo } from '../controlled-worker';
import { stampsOf } from '../revoked';

function revokeIds({ worker, revoked }: CommandContext, args: CommandArguments, terminate: boolean) {
  const ids = idsIn(args, 'task_id');
  const signal = signalIn(args);
  revoked.add(ids);
  worker.revoked(ids);
  if (!terminate) return ok(`tasks ${pythonSet(ids)} flagged as revoked`);
  const wanted = new Set(ids);
  const known = worker.requests().filter(({ id }) => wanted.has(id));
  for (const { id } of known) worker.terminate(id, signal);
  return ok(`terminate: ${known.length > 0 ? known.map(({ id }) => id).join(', ') : 'tasks unknown'}`);
}

const revoke: Command = {
  required: ['task_id'],
  changes: true,
  run: (context, args) => revokeIds(context, args, Boolean(args['terminate'])),
};

const terminate: Command = {
  required: ['signal', 'task_id'],
  changes: true,
  run: (context, args) => revokeIds(context, args, true),
};

const revokeByStampedHeaders: Command = {
  required: ['headers'],
  changes: true,
  run: ({ worker, revoked }, args) => {
    const headers = stampsIn(args, 'headers');
    const signal = signalIn(args);
    revoked.addStamps(headers);
    if (!args['terminate']) return ok(`headers ${pythonRepr(headers)} flagged as revoked, but not terminated`);
    const meant = running(worker.requests(), headers);
    for (const { id } of meant) worker.terminate(id, signal);
    return ok(`headers ${pythonRepr(headers)} ${meant.length > 0 ? 'revoked' : 'were not terminated'}`);
  },
};

function running(requests: readonly RequestInfo[], headers: Readonly<Record<string, unknown>>): RequestInfo[] {
  const wanted = new Set(stampsOf(headers));
  return requests.filter(({ state, stamps }) => state === 'active' && stampsOf(stamps).some((stamp) => wanted.has(stamp)));
}

function pythonSet(items: readonly string[]): string {
  const shown = items.slice(0, 100).map((item) => pythonRepr(item));
  const more = items.length > shown.length ? [`and ${items.length - shown.length} more`] : [];
  return items.length === 0 ? 'set()' : `{${[...shown, ...more].join(', ')}}`;
}

export const REVOKE_COMMANDS: Commands = { revoke, terminate, revoke_by_stamped_headers: revokeByStampedHeaders };
