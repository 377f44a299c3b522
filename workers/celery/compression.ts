import * as zlib from 'node:zlib';
import { errorMessage } from '../error-message';
import { Rejected } from './rejected';

/** Names of compressions for the client. */
export type Compression = 'zlib' | 'brotli';

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

/** Kombu's content type of zlib: the name says gzip, the format is zlib's. */
const ZLIB = 'application/x-gzip';
const BROTLI = 'application/x-brotli';

const DECOMPRESS: ReadonlyMap<string, Decompress> = new Map(
  Object.entries({
    [ZLIB]: inflateOrGunzip,
    [BROTLI]: (bytes: Buffer, options: { maxOutputLength: number }) => zlib.brotliDecompressSync(bytes, options),
    ...zstd(),
  }),
);

/** The compressed body, and the value of the header `compression` that names the method. */
export function compress(content: Buffer, compression: Compression): { readonly content: Buffer; readonly header: string } {
  return compression === 'zlib'
    ? { content: zlib.deflateSync(content), header: ZLIB }
    : { content: zlib.brotliCompressSync(content, BROTLI_OPTIONS), header: BROTLI };
}

/** Brotli's own default is meant for files that are compressed once: 4 MiB would take seconds. */
const BROTLI_OPTIONS = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } };

/**
 * Undoes what the header `compression` names.
 * @param method zlib and Brotli are known, and Zstandard where this Node.js has it (22.15 and later)
 * @throws Rejected `unsupported`, `too-large` or `decode-error`
 */
export function decompress(content: Buffer, method: unknown, maxBodyBytes: number): Buffer {
  const decompress = typeof method === 'string' ? DECOMPRESS.get(method) : undefined;
  if (!decompress) throw new Rejected('unsupported', `compression ${JSON.stringify(method)}`);
  try {
    return decompress(content, { maxOutputLength: maxBodyBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Rejected('too-large', `decompresses to more than ${maxBodyBytes} bytes`);
    throw new Rejected('decode-error', `damaged compression: ${errorMessage(error)}`);
  }
}

/** Producers that take the header at its word send the format gzip. */
function inflateOrGunzip(bytes: Buffer, options: { readonly maxOutputLength: number }): Buffer {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return isGzip ? zlib.gunzipSync(bytes, options) : zlib.inflateSync(bytes, options);
}

function zstd(): Record<string, Decompress> {
  const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: Decompress };
  return zstdDecompressSync ? { 'application/zstd': zstdDecompressSync } : {};
}
