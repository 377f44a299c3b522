import type { BadMessage } from './bad-message';
import { BODY_ROWS } from './bodies';
import { HEADER_ROWS } from './headers';
import { RAW_ROWS } from './raw-headers';

export type { BadMessage } from './bad-message';

/** What hostile and careless producers send, with what must become of it. */
export const BAD_MESSAGES: readonly BadMessage[] = [...BODY_ROWS, ...HEADER_ROWS, ...RAW_ROWS];
