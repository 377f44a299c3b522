/**
 * Sends `tasks.count` at an even pace from a pod of its own until there is a file /tmp/stop, and prints what became of each task as a line of
 * JSON. Runs in the worker image, which has the client.
 */
import { existsSync } from 'node:fs';
import { setInterval } from 'node:timers/promises';
import { PublishError } from '../../../workers/broker/publisher';
import { clientFromEnvironment } from '../../../workers/client/default-client';
import { count } from '../../../workers/tasks/count';

interface Plan {
  readonly perSecond: number;
  readonly steps: number;
  readonly restSeconds: number;
  readonly queue: string;
}

const print = (line: object): void => console.log(JSON.stringify(line));

async function main(plan: Plan): Promise<void> {
  const client = clientFromEnvironment(process.env);
  const pending = new Set<Promise<void>>();
  const send = async (): Promise<void> => {
    try {
      const { id } = await client.send(count, [plan.steps, plan.restSeconds], { ignoreResult: true, queue: plan.queue });
      print({ accepted: id, time: Date.now() });
    } catch (error) {
      print({ rejected: error instanceof PublishError ? error.code : String(error), time: Date.now() });
    }
  };
  for await (const _ of setInterval(1000 / plan.perSecond)) {
    if (existsSync('/tmp/stop')) break;
    const sent = send().finally(() => pending.delete(sent));
    pending.add(sent);
  }
  await Promise.all(pending);
  print({ end: true });
  await client.close();
}

void main(JSON.parse(process.env['PLAN'] ?? '{}') as Plan);
