/**
 * $QMAILQUEUE for the clients of a listener: a program that gets each message in place of the queue, after the message is
 * complete here, so that a slow client holds no program. It mostly hands what it lets through to bin/qmail-queue.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { BodyForm, Envelope } from '../../protocol/mail.js';
import { WireToUnix } from '../../protocol/smtp/data.js';
import { type QueueAnswer, QueueProgram, type QueueProgramCall } from '../spawn/queue-program.js';
import type { Rights } from './access.js';
import type { CollectedBody } from './collect-body.js';

/** Milliseconds after which a program is ended: no client waits longer (RFC 5321 §4.5.3.2.6 asks for 10 minutes). */
const longestMs = 1_200_000;
/** Programs of one thread at the same time; further messages wait. */
const mostAtOnce = 32;
const pieceSize = 65_536;
const stderr = 2;
const unread: QueueAnswer = { text: 'Zqq read error (#4.3.0)', qp: 0, detail: '' };

export interface FilterPlace {
  /** Absolute; the program's working folder. */
  readonly home: string;
  readonly queueDir: string;
  readonly remote: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
}

export class QueueFilter {
  readonly #call: QueueProgramCall;
  readonly #queueDir: string;

  constructor(call: QueueProgramCall, queueDir: string) {
    this.#call = call;
    this.#queueDir = queueDir;
  }

  /** The body is only read. Never rejects. */
  async submit(body: CollectedBody, form: BodyForm, envelope: Envelope): Promise<QueueAnswer> {
    await turn();
    try {
      return await this.#run(body, form, envelope);
    } finally {
      done();
    }
  }

  async #run(body: CollectedBody, form: BodyForm, envelope: Envelope): Promise<QueueAnswer> {
    const program = new QueueProgram(this.#call);
    const timer = setTimeout(() => program.kill(), longestMs);
    const unix = form === 'wire' ? new WireToUnix() : undefined;
    try {
      for await (const piece of this.#pieces(body)) await program.write(unix?.push(piece) ?? piece);
      if (unix !== undefined) await program.write(unix.end());
      return await program.commit(envelope);
    } catch {
      await program.abandon();
      return unread;
    } finally {
      clearTimeout(timer);
    }
  }

  #pieces({ bytes, file }: CollectedBody): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
    if (file === undefined) return [bytes ?? new Uint8Array(0)];
    return createReadStream(join(this.#queueDir, 'body', file), { highWaterMark: pieceSize });
  }
}

/** The server's own; looked up once, for a thread's environment is slow to ask and this is asked for each connection. */
const serverProgram = process.env.QMAILQUEUE;

/** Undefined: this client's messages go to the queue itself. Its rule's variables come before those of the server. */
export function filterFor({ variables }: Rights, place: FilterPlace): QueueFilter | undefined {
  const program = variables?.get('QMAILQUEUE') ?? serverProgram;
  if (program === undefined || program === '') return undefined;
  const { home, queueDir, remote, local } = place;
  const env: Record<string, string> = {
    ...(process.env as Record<string, string>),
    QMAILHOME: home,
    PROTO: 'TCP',
    TCPREMOTEIP: remote.address,
    TCPREMOTEPORT: String(remote.port),
    TCPLOCALIP: local.address,
    TCPLOCALPORT: String(local.port),
    ...Object.fromEntries(variables ?? []),
  };
  return new QueueFilter({ program, home, env, stderr }, queueDir);
}

/** The server's own filter, for mail that no client brought; undefined when it has none. */
export function serverFilter(home: string, queueDir: string): QueueFilter | undefined {
  const program = process.env.QMAILQUEUE;
  if (program === undefined || program === '') return undefined;
  const env = { ...(process.env as Record<string, string>), QMAILHOME: home };
  return new QueueFilter({ program, home, env, stderr }, queueDir);
}

let running = 0;
const waiting: (() => void)[] = [];

async function turn(): Promise<void> {
  if (running >= mostAtOnce) await new Promise<void>((go) => waiting.push(go));
  else running += 1;
}

/** The next one takes the place. */
function done(): void {
  const next = waiting.shift();
  if (next === undefined) running -= 1;
  else next();
}
