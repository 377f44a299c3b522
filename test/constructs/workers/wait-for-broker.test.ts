import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts } from '../../support/free-ports';
import { environmentOf } from '../../support/manifests';
import { renderWorkers, workerOf, workerPodOf } from '../../support/worker-objects';

const waiter = (options = {}) => (workerPodOf(renderWorkers({ waitForBroker: true, ...options })).initContainers as any[])[0];

describe('waitForBroker', () => {
  test('asks the hosts that the worker asks, with the image of the group', () => {
    const objects = renderWorkers({ waitForBroker: true, image: 'mine:1' });
    const [init] = workerPodOf(objects).initContainers;
    expect(init.image).toBe('mine:1');
    expect(environmentOf(init)).toEqual({ WARREN_BROKER_HOSTS: environmentOf(workerOf(objects))['WARREN_BROKER_HOSTS'] });
  });

  test('goes on waiting while no host answers, and ends well when one does', async () => {
    const [dead, late] = (await freePorts(2)) as [number, number];
    const [command, ...args] = waiter().command as [string, ...string[]];
    expect(command).toBe('node');
    const child = spawn(process.execPath, args, {
      env: { WARREN_BROKER_HOSTS: `127.0.0.1:${dead},127.0.0.1:${late}` },
      stdio: 'inherit',
    });
    const ended = once(child, 'exit');
    const server = createServer((socket) => socket.destroy());
    try {
      // Node starts and tries in less than this; a script that does not wait would have ended.
      expect(await Promise.race([ended, once(AbortSignal.timeout(1500), 'abort').then(() => 'waiting')])).toBe('waiting');
      server.listen(late, '127.0.0.1');
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      server.close();
    }
  }, 240_000);
});
