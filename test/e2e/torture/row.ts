/**
 * One row of the torture tables: what a client sends, the codes it must get, and what must arrive at the next hop.
 * Types and the usual pieces of a dialogue; nothing is sent here.
 */

/** A number: wait until so many replies were heard in all, the greeting included. `pauseMs`: let the server read what it has. */
export type Piece = string | number | { readonly pauseMs: number };

export interface Row {
  readonly what: string;
  /** Written one after another; `<TO>` is the row's own recipient. The client then closes its side and reads to the end. */
  readonly send: readonly Piece[];
  /** Reply codes in their order, several equal ones as `250*3`. */
  readonly codes: string;
  /** Bodies that arrive, in wire form without the trace fields and with dots undone; default: none. */
  readonly arrives?: readonly string[];
  /** The message is taken, and it and its bounce cannot go over SMTP: postmaster gets it. */
  readonly bounces?: true;
  /** Must be found in what the server said. */
  readonly says?: RegExp;
  /** Must be found in the trace fields of what arrives. */
  readonly traced?: RegExp;
  /** Too long to be sent octet by octet. */
  readonly whole?: true;
}

export const ehlo = 'EHLO c.test\r\n';
export const mail = 'MAIL FROM:<a@b.test>\r\n';
export const rcpt = 'RCPT TO:<TO>\r\n';
export const data = 'DATA\r\n';
export const quit = 'QUIT\r\n';
/** Everything up to the message itself. */
export const envelope: string = ehlo + mail + rcpt + data;
export const envelopeCodes = '220 250*3 354';

/** A message with its final dot, dots doubled already where they must be. */
export const message = (text: string): string => `${text}.\r\n`;
export const hello = 'Subject: s\r\n\r\nhello\r\n';

/** A dialogue that brings `text` and ends well. */
export function taken(what: string, text: string, arrives: string = text): Row {
  return { what, send: [envelope + message(text) + quit], codes: `${envelopeCodes} 250 221`, arrives: [arrives] };
}

/** The codes of a row, one by one. */
export function codesOf({ codes }: Row): string[] {
  return codes.split(' ').flatMap((code) => {
    const [, one = code, times = '1'] = /^(\d+)\*(\d+)$/.exec(code) ?? [];
    return new Array<string>(Number(times)).fill(one);
  });
}
