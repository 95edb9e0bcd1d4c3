/**
 * What a sink's rule says: when it counts, where in a session, for whom, and what happens then.
 * Types only.
 */
import type { ByteString } from '../mail.js';

/**
 * Where a rule is asked, and what its pattern is compared with: `connect` the client's address; `auth` the name
 * that logs in; `mail`, `data`, `body` (the first octets of a message) and `end` (its last dot) the sender; `rcpt` the recipient.
 */
export type SinkStage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data' | 'body' | 'end';
export const sinkStages: readonly SinkStage[] = ['connect', 'auth', 'mail', 'rcpt', 'data', 'body', 'end'];

export interface SinkRefusal {
  /** 400 to 599; 421 ends the connection. */
  readonly code: number;
  readonly text: ByteString;
}

/** Times in milliseconds. */
export type SinkAction =
  | { readonly tag: 'refuse'; readonly refusal: SinkRefusal }
  /** Cuts the connection without a word; the message under way is not taken. */
  | { readonly tag: 'drop' }
  /** At `end`: takes the message and cuts the connection in place of the 250, so that a sender must send it again. */
  | { readonly tag: 'take-drop' }
  /** Half open: nothing is read or said any more, the connection stays. */
  | { readonly tag: 'stall' }
  /** Later rules are asked too. */
  | { readonly tag: 'delay'; readonly ms: number }
  /** From now on this connection is read at so many octets a second; later rules are asked too. */
  | { readonly tag: 'slow'; readonly perSecond: number }
  /** Refused until the same client, sender and recipient were first seen so long ago. */
  | { readonly tag: 'greylist'; readonly ms: number; readonly refusal: SinkRefusal }
  /** Refused beyond so many a client in so much time. */
  | { readonly tag: 'rate'; readonly most: number; readonly ms: number; readonly refusal: SinkRefusal }
  /** At `connect`: refused beyond so many connections open, of one client or of all. */
  | { readonly tag: 'limit'; readonly most: number; readonly all: boolean; readonly refusal: SinkRefusal };

export interface SinkRule {
  /** Of the rules file, from 1. */
  readonly line: number;
  readonly stage: SinkStage;
  /** Only every n-th match counts. */
  readonly every: number;
  /** Share of the matches that count, above 0 and up to 1. */
  readonly share: number;
  /** Counts from so long after the rules were put in force … */
  readonly fromMs: number;
  /** … until so long after; infinite when it never ends. */
  readonly toMs: number;
  readonly pattern: { test(address: ByteString): boolean };
  readonly action: SinkAction;
}

export interface SinkRuleSet {
  readonly seed: number;
  readonly rules: readonly SinkRule[];
}

/** Why a rules text was not taken. */
export interface SinkRulesMistake {
  readonly line: number;
  readonly reason: string;
}
