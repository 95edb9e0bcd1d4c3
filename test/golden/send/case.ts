/** A case of the file send: the whole system (send.md of the cases). Types and the accounts of the recording machine. */
import type { Step } from '../../support/scripted-smtp-server.js';
import type { RecordedCase } from '../runner/adapter.js';

export interface SendInjection {
  readonly recipients?: readonly string[];
  readonly sender?: string;
  readonly message?: string;
  readonly user?: string;
  /** Octets of descriptor 1 in place of sender and recipients. */
  readonly envelope?: string;
}

export interface SendFile {
  readonly path: string;
  readonly content: string;
}

/** Records of the queue's files, one entry a file. */
export type SendLeft = Partial<Record<'info' | 'local' | 'remote' | 'bounce' | 'todo', readonly string[]>>;

export interface SendExpected {
  readonly queueExit: readonly number[];
  readonly messages: readonly (readonly string[])[];
  readonly otherLines: readonly string[];
  readonly files: readonly SendFile[];
  readonly log?: readonly string[];
  readonly left?: SendLeft;
  readonly client?: readonly string[];
}

export interface SendCase extends RecordedCase {
  readonly controls: Readonly<Record<string, string>>;
  /** `user/name` to text; a name that ends in `/` is a maildir. */
  readonly files: Readonly<Record<string, string>>;
  readonly assign?: string;
  readonly defaultDelivery: string;
  readonly inject: readonly SendInjection[];
  readonly injectBeforeStart: boolean;
  readonly servers?: readonly (readonly Step[])[];
  readonly signals?: readonly ('SIGALRM' | 'SIGHUP')[];
  readonly secondsBeforeSignal?: number;
  readonly newControls?: Readonly<Record<string, string>>;
  readonly injectAfterSignals?: readonly SendInjection[];
  readonly order?: 'any';
  readonly expected: SendExpected;
}

/** Who exists on the recording machine, and the group of those that get mail. */
export const accounts: Readonly<Record<string, number>> = {
  root: 0,
  nobody: 65534,
  alias: 7790,
  qmaild: 7791,
  qmaill: 7792,
  qmailp: 7793,
  qmailq: 7794,
  qmailr: 7795,
  qmails: 7796,
  joe: 8001,
  amy: 8002,
  Big: 8003,
  'joe-list': 8004,
  nohome: 8005,
  badown: 8006,
};
export const nofiles = 2108;

/** Those with a home of their own, and the account that owns it. */
export const homes: Readonly<Record<string, string>> = {
  joe: 'joe',
  amy: 'amy',
  Big: 'Big',
  'joe-list': 'joe-list',
  badown: 'joe',
};
