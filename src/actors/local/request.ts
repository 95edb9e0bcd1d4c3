/**
 * What one local delivery is told, what it may use, and what it answers. Types only.
 * The user is already looked up; the process already runs as that user.
 */
import type { ByteString } from '../../protocol/mail.js';
import type { HomeFolders } from '../../store/home-folder.js';
import type { UnixMessage } from '../../store/unix-message.js';
import type { LocalForward } from '../messages.js';
import type { Programs } from './program.js';

/** The arguments of qmail-local (spec local.md §2) and the message. */
export interface LocalRequest {
  readonly user: ByteString;
  readonly home: ByteString;
  readonly local: ByteString;
  readonly dash: ByteString;
  readonly ext: ByteString;
  readonly host: ByteString;
  readonly sender: ByteString;
  readonly defaultDelivery: ByteString;
  readonly message: UnixMessage;
  /** An earlier try may have delivered already: look in `cur/` too. */
  readonly repeated: boolean;
  /** Name in a Maildir for the instruction on this line; always the same for the same delivery. */
  readonly maildirName: (line: number) => ByteString;
  /** Print the instructions instead of obeying them (option -n). */
  readonly print?: boolean;
}

/** The world as a local delivery sees it. */
export interface LocalIo {
  readonly homes: HomeFolders;
  readonly programs: Programs;
  /** Variables that programs inherit. */
  readonly environment: Readonly<Record<string, ByteString>>;
  readonly hostname: string;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Text that never repeats, for names in `tmp/`. */
  readonly chance: () => string;
  /** Uid that the delivery runs as. */
  readonly uid: number;
  /** Milliseconds after which a Maildir delivery is given up; a day unless a test says less. */
  readonly maildirLimit?: number;
  /** Where texts go while the delivery runs; absent: they are collected for the report. */
  readonly output?: (stream: 'out' | 'err', text: ByteString) => void;
}

/** How a delivery ended, in the terms of qmail-local. */
export interface LocalResult {
  readonly exit: 0 | 100 | 111;
  /**
   * Collected output, ending with the `did` line after a success. Where it went elsewhere it is empty, but for the `did`
   * line of a delivery that forwards: it may only be said when the forwarded mail is queued.
   */
  readonly output: ByteString;
  readonly forward?: LocalForward;
  /** Variables of this delivery beyond the inherited ones, for the program that queues its mail; with `forward` only. */
  readonly variables?: Readonly<Record<string, ByteString>>;
}

/** Why a delivery ends early; `text` without its LF, empty when a program said it already. */
export interface Stop {
  readonly exit: 100 | 111;
  readonly text: ByteString;
}
