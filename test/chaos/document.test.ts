import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/manifests';
import { type Measurement, measurements } from '../support/scenario';

const FILE = join(REPOSITORY, 'docs/reliability.md');
const COMMAND =
  'npm run build && WARREN_WRITE_MEASURED=1 npx jest --selectProjects broker -- test/chaos/nodes test/chaos/network test/chaos/restarts test/integration/connections';

test('docs/reliability.md says what was measured (WARREN_WRITE_DOCS=1 writes it)', () => {
  const text = document(measurements());
  if (process.env['WARREN_WRITE_DOCS'] === '1') writeFileSync(FILE, text);
  expect(readFileSync(FILE, 'utf8')).toBe(text);
});

function document(rows: readonly Measurement[]): string {
  return `# What faults cost

50 tasks of 0.05 s a second, three broker nodes and three workers with four slots each; with the alarms and the closed connections one node
and one worker with sixteen. *Lost*: accepted and never run. *Run twice*: run once more than once, each time counted. *Rejected*: the sender
was told. *Longest gap*: time in which no task ended anywhere.

| what happened | how | accepted | lost | run twice | rejected | longest gap |
|---|---|---|---|---|---|---|
${rows.map(rowOf).join('\n')}

Each row is of one run on two busy cores; the tests hold every run to no loss and to bounds on the others. Measured with

    ${COMMAND}
    WARREN_WRITE_DOCS=1 npx jest --selectProjects broker -- test/chaos/document

## What makes it so

- **Accepted** means confirmed by the broker and routed to a queue. A publish ends within 10 s: accepted, or rejected with a code that says
  whether it may have been stored (\`unroutable\`, \`refused\`, \`invalid\`, \`blocked\`, \`timeout\`). At most 100 are unconfirmed at once, so one
  lost connection repeats no more.
- **A node that answers but delivers nothing.** A broker node that is cut off from the others keeps its connections, its heartbeats and its
  health checks, and its consumers sit there in silence. So every worker asks the queue \`warren.watchdog\` for a message every 8 to 12 s; an
  answer takes a majority of the nodes. Without one within 5 s the worker takes its connection to the next node. It costs one Raft entry per
  worker and period on a queue that is always empty: 10 entries a second for 100 workers. It costs duplicates, too: what ran on the
  connection that was left runs again when another worker gets it. A broker without the queue (an older topology) is used without the watchdog, and the log says so once.
- **Not covered:** the results of a *client* whose own node is cut off wait until that is over; sending goes on through another node.
- **A broker short of memory or disk** blocks publishers, and the log says so. Workers go on with what is in the queues; results wait 10 s,
  and are then given up with a line in the log.
- **Reconnecting** tries all hosts in turn with a pause of up to 5 s (full jitter), and reads the credentials again each time.
- **A task that blocks the event loop** for over a second is logged with its name. Give it \`runIn: 'thread'\`.
`;
}

function rowOf({ scenario, injected, accepted, lost, duplicated, rejected, longestGapSeconds }: Measurement): string {
  return `| ${scenario} | ${injected} | ${accepted} | ${lost} | ${duplicated} | ${rejected} | ${longestGapSeconds.toFixed(1)} s |`;
}
