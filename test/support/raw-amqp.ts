import type { Channel } from 'amqplib';

/** Pieces of AMQP 0-9-1 by hand, for messages that no client library would send. */

/** A field of a table: its name and the bytes of its value. */
export type Field = readonly [name: string | Buffer, value: Buffer];

export function table(...fields: readonly Field[]): Buffer {
  const parts = fields.flatMap(([name, value]) => {
    const bytes = Buffer.from(name as string);
    return [Buffer.from([bytes.length]), bytes, value];
  });
  return sized(Buffer.concat(parts));
}

export const longString = (text: string | Buffer): Buffer => Buffer.concat([Buffer.from('S'), sized(Buffer.from(text as string))]);
export const tableValue = (content: Buffer): Buffer => Buffer.concat([Buffer.from('F'), content]);
export const arrayValue = (...values: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from('A'), sized(Buffer.concat(values))]);
export const timestamp = (seconds: bigint): Buffer => {
  const bytes = Buffer.from('T00000000');
  bytes.writeBigUInt64BE(seconds, 1);
  return bytes;
};
export const double = (value: number): Buffer => {
  const bytes = Buffer.from('d00000000');
  bytes.writeDoubleBE(value, 1);
  return bytes;
};
export const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.from('l00000000');
  bytes.writeBigInt64BE(value, 1);
  return bytes;
};

const BASIC_PUBLISH = Buffer.from([0, 60, 0, 40, 0, 0]);
/** Content type, content encoding, headers, delivery mode. */
const PROPERTIES = 0xf000;
const PERSISTENT = 2;
const END = 0xce;

/** Publishes JSON with headers that are given as the bytes of their table. Nothing else may be under way on the channel. */
export function publishRaw(
  channel: Channel,
  { exchange, routingKey, headers, body }: { exchange: string; routingKey: string; headers: Buffer; body: Buffer },
): void {
  const { connection, ch } = channel as unknown as { connection: { sendBytes(bytes: Buffer): void }; ch: number };
  const header = Buffer.alloc(14);
  header.writeUInt16BE(60, 0);
  header.writeBigUInt64BE(BigInt(body.length), 4);
  header.writeUInt16BE(PROPERTIES, 12);
  const properties = [shortString('application/json'), shortString('utf-8'), headers, Buffer.from([PERSISTENT])];
  connection.sendBytes(
    Buffer.concat([
      frame(1, ch, Buffer.concat([BASIC_PUBLISH, shortString(exchange), shortString(routingKey), Buffer.from([0])])),
      frame(2, ch, Buffer.concat([header, ...properties])),
      frame(3, ch, body),
    ]),
  );
}

function frame(type: number, channel: number, payload: Buffer): Buffer {
  const start = Buffer.alloc(7);
  start.writeUInt8(type, 0);
  start.writeUInt16BE(channel, 1);
  start.writeUInt32BE(payload.length, 3);
  return Buffer.concat([start, payload, Buffer.from([END])]);
}

function shortString(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
}

function sized(content: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length);
  return Buffer.concat([size, content]);
}
