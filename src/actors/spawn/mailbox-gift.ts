/**
 * What the node and lspawnd say about mailboxes whose client's connection goes along: each session has a number, and the node
 * hears how it began, that it is alive, and that it is over. The pure form of the frames; nothing is sent here.
 */

import type { ByteString } from '../../protocol/mail.js';
import { fieldEnds, frameOf, textFields } from './lspawnd-frames.js';
import type { MailboxRequest } from './mailbox-request.js';

/** Where the node leaves such connections: beside the socket for everything else. */
export const giftSocket = (lspawndSocket: string): string => `${lspawndSocket}.mail`;

/** Octets of a gift: with those that may wait for an answer they fit what the kernel holds for a connection. */
export const largestGift = 1_024;
/** Gifts without an answer on one link. */
export const mostGifts = 64;

export interface Gift {
  readonly id: number;
  readonly request: MailboxRequest;
  /** Both ends of the client's connection: descriptors and requests must not be mixed up. */
  readonly ends: ByteString;
  /** What the client said already. */
  readonly rest: Uint8Array;
}

interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** Words that tell one TCP connection from all others of this moment. */
export function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Ends): ByteString {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

export function encodeGift({ id, request: { user, secret, apop, timestamp }, ends, rest }: Gift): Buffer {
  return frameOf('G', [String(id), user, secret, apop ? '1' : '0', timestamp, ends], rest);
}

export function decodeGift(payload: Buffer): Gift | undefined {
  const places = fieldEnds(payload, 7);
  if (places === undefined) return undefined;
  const [id = '', user = '', secret = '', apop, timestamp = '', ends = ''] = textFields(payload, places.slice(0, 6));
  const number = numberOf(id);
  if (number === undefined) return undefined;
  return {
    id: number,
    request: { user, secret, apop: apop === '1', timestamp },
    ends,
    rest: new Uint8Array(payload.subarray((places[5] as number) + 4)),
  };
}

/** H: the session runs in the user's process. X: it is over; from the node: it shall be. */
export const encodeNumber = (kind: 'H' | 'X', id: number): Buffer => frameOf(kind, [String(id)]);

export function decodeNumber(payload: Buffer): number | undefined {
  const [id] = textsOf(payload, 1);
  return id === undefined ? undefined : numberOf(id);
}

export interface NotOpened {
  readonly id: number;
  /** For the client, with its CR LF. */
  readonly line: ByteString;
}

export const encodeNotOpened = ({ id, line }: NotOpened): Buffer => frameOf('N', [String(id), line]);

export function decodeNotOpened(payload: Buffer): NotOpened | undefined {
  const [id = '', line = ''] = textsOf(payload, 2);
  const number = numberOf(id);
  return number === undefined ? undefined : { id: number, line };
}

export const encodeAlive = (ids: readonly number[]): Buffer => frameOf('L', [ids.join(' ')]);

export function decodeAlive(payload: Buffer): readonly number[] {
  const [ids] = textsOf(payload, 1);
  return ids?.split(' ').map(Number) ?? [];
}

const textsOf = (payload: Buffer, count: number): ByteString[] => textFields(payload, fieldEnds(payload, count) ?? []);

const numberOf = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
