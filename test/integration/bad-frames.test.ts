import { createServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { Link } from '../../workers/broker/link';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(60_000);

const START = methodFrame(10, 10, Buffer.concat([Buffer.from([0, 9]), long(0), text('PLAIN'), text('en_US')]));

/** What a broken or hostile broker says after the greeting. */
const BROKERS: readonly (readonly [what: string, answers: readonly Buffer[], reason: RegExp])[] = [
  ['a frame of 4 GiB', [Buffer.from([1, 0, 0, 0xff, 0xff, 0xff, 0xff])], /exceeds maxFrameSize/],
  ['bytes that are no frames', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], /./],
  ['a frame without its end', [Buffer.concat([START.subarray(0, -1), Buffer.from([0])])], /Invalid frame/],
  ['an unknown method', [methodFrame(99, 99, Buffer.alloc(0))], /./],
  ['frames of less than 4096 bytes', [START, methodFrame(10, 30, Buffer.from([0, 0, 0, 0, 0, 100, 0, 10]))], /below the protocol minimum/],
];

describe('a connection to a broker that sends bad frames', () => {
  let server: Server;
  let link: Link;
  afterEach(async () => {
    await link.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(BROKERS)('is given up and tried again: %s', async (_, answers, reason) => {
    let connects = 0;
    server = createServer((socket: Socket) => {
      connects += 1;
      const left = [...answers];
      socket.on('error', () => undefined);
      socket.on('data', () => {
        const answer = left.shift();
        if (answer) socket.write(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    link = new Link({
      name: 'test',
      hosts: [`127.0.0.1:${port}`],
      virtualHost: '/',
      credentials: async () => ({ username: 'a', password: 'b' }),
      log: pino({ level: 'silent' }),
      setup: async () => undefined,
    });
    link.start();
    await waitUntil(() => connects >= 2, { what: 'second attempt', timeoutMs: 30_000 });
    expect(link.status).toMatchObject({ state: 'connecting', reason: expect.stringMatching(reason) });
    expect(process.memoryUsage.rss()).toBeLessThan(2 ** 30);
  });
});

function methodFrame(classId: number, methodId: number, args: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from([0, classId, 0, methodId]), args]);
  return Buffer.concat([Buffer.from([1, 0, 0]), long(payload.length), payload, Buffer.from([0xce])]);
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([long(value.length), Buffer.from(value)]);
}
