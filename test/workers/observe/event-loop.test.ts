import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { EventLoopMonitor, RunningTasks } from '../../../workers/observe/event-loop';
import { Task } from '../../../workers/task';

function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

describe('RunningTasks', () => {
  it('names a task while it runs and once after its end, and leaves its value, options and errors alone', async () => {
    const running = new RunningTasks();
    const slow = running.watch(new Task('slow', { runIn: 'loop' }, () => setTimeout(5, 'value')));
    const value = slow.run();
    expect(slow).toMatchObject({ name: 'slow', options: { runIn: 'loop' } });
    expect(running.take()).toEqual(['slow']);
    expect(await value).toBe('value');
    expect(running.take()).toEqual(['slow']);
    expect(running.take()).toEqual([]);
    const failing = running.watch(
      new Task('failing', {}, () => {
        throw new Error('no');
      }),
    );
    expect(() => failing.run()).toThrow('no');
    expect(running.take()).toEqual(['failing']);
    expect(running.take()).toEqual([]);
  });
});

describe('EventLoopMonitor', () => {
  it('says how long the event loop was blocked, and which tasks ran', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const running = new RunningTasks();
    const monitor = new EventLoopMonitor(log, () => running.take());
    monitor.start();
    try {
      running.watch(new Task('tasks.greedy', {}, () => block(1500))).run();
      // Its timer is overdue before this one.
      await setTimeout(300);
      expect(lines).toMatchObject([
        { msg: 'the event loop was blocked', tasks: ['tasks.greedy'], advice: expect.stringContaining("runIn: 'thread'") },
      ]);
      expect(lines[0]?.['seconds']).toBeGreaterThanOrEqual(1);
    } finally {
      monitor.stop();
    }
  });
});
