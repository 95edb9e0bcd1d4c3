/**
 * What a sink and the processes that take mail for it say to each other. Types only; plain data.
 */

import type { SinkVerdict } from '../../../protocol/sink/judge.js';
import type { RunFacts } from '../arrival-book.js';
import type { SinkCounts } from '../counts.js';
import type { Question } from '../house.js';
import type { KeptMessage } from '../kept.js';
import type { CertificateAndKey } from '../tls/self-signed.js';

export type MailProtocol = 'smtp' | 'smtps' | 'lmtp' | 'qmtp';

export type ToWorker =
  | {
      readonly tag: 'begin';
      readonly listeners: readonly { readonly protocol: MailProtocol; readonly fd: number }[];
      readonly rules: string;
      /** Milliseconds since they were put in force. */
      readonly ageMs: number;
      readonly magic: boolean;
      /** Octets of a message that are kept at most; 0 = none is kept. */
      readonly keep: number;
      readonly tls: CertificateAndKey | undefined;
      readonly starttls: boolean;
      /** Octets of a message; 0 = any. */
      readonly maxSize: number;
    }
  /** Answered with `obeyed`. */
  | { readonly tag: 'rules'; readonly text: string; readonly number: number }
  | { readonly tag: 'verdict'; readonly number: number; readonly verdict: SinkVerdict }
  | { readonly tag: 'close' };

/** Arrivals of one run: five numbers each, see packed.ts. */
export interface PackedArrivals extends RunFacts {
  readonly numbers: Float64Array;
}

export type FromWorker =
  | { readonly tag: 'ready' }
  | { readonly tag: 'failed'; readonly why: string }
  | { readonly tag: 'obeyed'; readonly number: number }
  /** What only the judge of all processes can say. */
  | { readonly tag: 'ask'; readonly number: number; readonly question: Question }
  /** Said while a rule limits connections: all that are open, then each that comes and goes. */
  | { readonly tag: 'here'; readonly clients: ReadonlyMap<string, number> }
  | { readonly tag: 'came'; readonly client: string }
  | { readonly tag: 'left'; readonly client: string }
  | {
      readonly tag: 'batch';
      readonly counts: SinkCounts;
      readonly arrivals: readonly PackedArrivals[];
      readonly kept: readonly KeptMessage[];
    };
