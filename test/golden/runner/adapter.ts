/**
 * What an adapter is and what it is given: it turns one recorded case into calls of real commands and hands back what
 * they did, in the shape of the case's `expected`. Types only; it never compares.
 */

import type { Zone } from '../../support/dns-server.js';
import type { ScriptedSmtpServer, Step } from '../../support/scripted-smtp-server.js';

/** Strings that carry bytes have one UTF-16 unit an octet. */
export interface RecordedCase {
  readonly id: string;
  readonly area: string;
  readonly description: string;
  readonly expected: unknown;
}

export interface Adapter<C extends RecordedCase = RecordedCase> {
  /** Name of the file of cases without `.jsonl`. */
  readonly file: string;
  /** Cases of this file at work together; default 4, 1 where cases need the same port. */
  readonly atOnce?: number;
  /** What happened; volatile values are replaced afterwards. A throw counts as a failure of the case. */
  run(test: C, tools: Tools): Promise<unknown>;
}

export interface Invocation {
  /** Name below bin/. */
  readonly program: string;
  /** Another name for the same program (`newaliases`); default `program`. */
  readonly calledAs?: string;
  /** Octets. */
  readonly args?: readonly string[];
  /** The whole environment in octets; PATH and QMAILHOME are added where they are missing. */
  readonly env?: Readonly<Record<string, string>>;
  /** Content of descriptor 0, a seekable file; default empty. */
  readonly input?: string;
  /** Further descriptors to read from: number to content, seekable files. */
  readonly reads?: Readonly<Record<number, string>>;
  /** Descriptors to write to, kept as files; default 1 and 2. */
  readonly writes?: readonly number[];
  /** Ids of the process; they count only when the runner is root. */
  readonly uid?: number;
  readonly gid?: number;
  /** Working folder; default the home. */
  readonly cwd?: string;
  /** Always a process of its own, never pooled: for programs that become another one, or read the clock of their start. */
  readonly own?: boolean;
}

export interface Ended {
  /** 128 + n when signal n ended it. */
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was written to descriptor `n`. */
  written(n: number): string;
}

export interface Queued {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly message: string;
}

/** How the queue recorder behaves (README.md of the cases). */
export interface QueueScript {
  readonly queueExit?: number;
  readonly queueText?: string;
  readonly queueReadsNothing?: boolean;
  readonly queueCrashes?: boolean;
}

export interface QueueRecorder {
  /** Absolute path, for QMAILQUEUE. */
  readonly program: string;
  /** The hand-overs whose envelope was finished properly, in order. */
  queued(): readonly Queued[];
}

/** A conversation with a process of its own: pieces in, bytes out. */
export interface Conversation {
  /** Everything written to descriptor 1 so far. */
  readonly output: string;
  send(octets: string): void;
  /** No further input. */
  end(): void;
  /** Resolves when the output since the last call of `heard` ends a line, or the process ended. */
  heard(): Promise<void>;
  readonly ended: Promise<Ended>;
}

export interface Tools {
  /** Fresh for this case, absolute, mode 0755; removed afterwards. */
  readonly folder: string;
  /** Builds `folder`/home: control/, morercpthosts.cdb, bin/ (the launchers), empty users/, alias/, queue/, run/. Its path. */
  home(controls?: Readonly<Record<string, string>>, morercpthosts?: string): string;
  recorder(script: QueueScript): QueueRecorder;
  /** Scripted server; the n-th connection gets the n-th script. `port` of the server by its second value. Stopped afterwards. */
  server(scripts: readonly (readonly Step[])[], address?: string, port?: number): Promise<[ScriptedSmtpServer, number]>;
  /** `127.0.0.1:port` of a name server with the recorded zone (or another one), for TQMAIL_DNS. */
  nameserver(zone?: Zone): Promise<string>;
  /** A port of 127.0.0.1 (or `address`) where nothing listens. */
  closedPort(address?: string): Promise<number>;
  invoke(invocation: Invocation): Promise<Ended>;
  /** A process of its own whose input is told piece by piece. */
  converse(invocation: Omit<Invocation, 'input'>): Conversation;
  /** Run when the case is over, the last one first. */
  after(cleanup: () => void | Promise<void>): void;
}
