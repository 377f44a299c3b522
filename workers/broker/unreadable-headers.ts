import type { ChannelModel } from 'amqplib';
import { UNREADABLE } from '../celery/unreadable';

/** What a frame of the library is here: the part of its connection that turns bytes into frames. */
interface FrameReader {
  rest: Buffer;
  recvFrame(): unknown;
}

const HEADER_FRAME = 2;
const CLASS_BASIC = 60;
/** Type, channel and size of the frame. */
const PAYLOAD = 7;
/** Class and weight. */
const BODY_SIZE = PAYLOAD + 4;

/**
 * Lets a message arrive whose headers the library cannot read, without them: some thousand tables in each other overflow its stack. It
 * would end the connection, the broker would deliver the message again, and each time all other deliveries of the connection would count
 * as failed, too.
 */
export function tolerateUnreadableHeaders(model: ChannelModel): void {
  const reader = model.connection as unknown as FrameReader;
  const receive = reader.recvFrame.bind(reader);
  reader.recvFrame = () => {
    const bytes = reader.rest;
    try {
      return receive();
    } catch (error) {
      // Where the bytes of the frame were taken, the next call goes on after it.
      if (reader.rest === bytes || bytes[0] !== HEADER_FRAME || bytes.readUInt16BE(PAYLOAD) !== CLASS_BASIC) throw error;
      const size = Number(bytes.readBigUInt64BE(BODY_SIZE));
      return { id: CLASS_BASIC, channel: bytes.readUInt16BE(1), size, fields: { headers: {}, [UNREADABLE]: true } };
    }
  };
}
