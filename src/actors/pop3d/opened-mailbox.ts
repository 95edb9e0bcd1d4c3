/**
 * What a login can become: an opened mailbox here, one that another process holds, or why there is none. Types alone; how it
 * comes about is mailbox-way.ts.
 */
import type { Readable, Writable } from 'node:stream';
import type { Connected } from '../net/connected.js';
import type { MailboxRequest } from '../spawn/mailbox-request.js';

/** A session that another process holds: octets go there and come back. */
export interface Tunnel {
  readonly tag: 'tunnel';
  readonly input: Readable;
  readonly output: Writable;
  /** What it said first, for the client. */
  readonly first: Buffer;
  close(): void;
}

/** A session that another process holds together with the client's connection; this one's copy has to be closed. */
export interface Given {
  readonly tag: 'given';
  /** `alive` when the client did something lately; `over` once. */
  hear(alive: () => void, over: () => void): void;
  /** It shall be over. */
  end(): void;
}

/** Who wants a mailbox. */
export interface Client {
  /** Paused. */
  readonly socket: Connected;
  /** What it said already, not taken away. */
  rest(): Uint8Array;
}

export type Opened =
  | Tunnel
  | Given
  | { readonly tag: 'own'; readonly maildir: string }
  | { readonly tag: 'refused' }
  | { readonly tag: 'busy' }
  /** `text` for the log. `answer`: what the other process told the client. */
  | { readonly tag: 'trouble'; readonly text: string; readonly answer?: string };

export interface MailboxWay {
  /** The digest of APOP can be checked: by another program, or with users/apop. */
  readonly apop: boolean;
  open(request: MailboxRequest, client: Client): Promise<Opened>;
}
