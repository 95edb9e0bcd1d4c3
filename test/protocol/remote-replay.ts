/**
 * Runs the client session against the scripted server of one recorded remote case, in memory: where the recording's
 * server waits in vain, is silent or closes, the connection is lost.
 */
import { fromByteString, toByteString } from '../../src/protocol/bytes.js';
import type { Outcome } from '../../src/protocol/mail.js';
import { SmtpClientSession } from '../../src/protocol/smtp/client.js';
import { unixToWire, untransferableOutcome } from '../../src/protocol/smtp/data.js';
import type { RemoteCase } from '../support/golden-zone.js';
import type { Step } from '../support/scripted-smtp-server.js';

export interface RemoteResult {
  readonly report: string;
  readonly client: string;
  readonly outcomes: readonly Outcome[];
}

class Replay {
  private readonly one: RemoteCase;
  private readonly chunk: number;
  private readonly session: SmtpClientSession;
  /** What the client sent, and how much of it the server has read. */
  private sent = '';
  private read = 0;
  private outcomes: readonly Outcome[] = [];
  private instead: string | undefined;

  constructor(one: RemoteCase, greet: 'ehlo' | 'helo', chunk: number) {
    this.one = one;
    this.chunk = chunk;
    const helohost = (one.controls.helohost ?? one.controls.me ?? '').split('\n', 1)[0] ?? '';
    this.session = new SmtpClientSession({ helohost, peer: '127.0.0.1', greet });
  }

  run(): RemoteResult {
    const { session } = this;
    for (const step of this.one.server ?? []) if (!this.play(step)) break;
    session.lost();
    this.pump();
    return { report: this.instead ?? session.rawReport(), client: this.sent, outcomes: this.outcomes };
  }

  /** False: the server closes. */
  private play(step: Step): boolean {
    this.pump();
    if ('send' in step) {
      const bytes = fromByteString(step.send);
      for (let at = 0; at < bytes.length; at += this.chunk) {
        this.session.receive(bytes.slice(at, at + this.chunk));
        this.pump();
      }
      return true;
    }
    if ('sleep' in step) return step.sleep < 1;
    if ('close' in step) return false;
    const end = 'line' in step ? this.sent.indexOf('\n', this.read) + 1 : this.dotEnd();
    if (end === 0) return false;
    this.read = end;
    return true;
  }

  private dotEnd(): number {
    if (this.sent.startsWith('.\r\n', this.read)) return this.read + 3;
    const at = this.sent.indexOf('\r\n.\r\n', this.read);
    return at < 0 ? 0 : at + 5;
  }

  private pump(): void {
    for (let event = this.session.next(); event !== undefined; event = this.session.next()) {
      if (event.tag === 'ready') this.begin();
      else if (event.tag === 'report') {
        this.outcomes = event.outcomes;
        this.session.quit();
      }
    }
    for (const piece of this.session.output()) this.sent += typeof piece === 'string' ? piece : toByteString(piece);
  }

  private begin(): void {
    const [, sender = '', ...recipients] = this.one.args;
    const body = unixToWire(fromByteString(this.one.message));
    if (typeof body === 'string') {
      const { status, text } = untransferableOutcome(body);
      this.instead = `${status}${text}\0`;
      this.session.quit();
    } else this.session.begin({ sender, recipients, body: [body], size: body.length });
  }
}

export function replayRemote(one: RemoteCase, greet: 'ehlo' | 'helo', chunk = 65536): RemoteResult {
  return new Replay(one, greet, chunk).run();
}

/** qmail-rspawn's reading of a report (spec remote.md §6), written a second time to judge the client's own outcomes. */
export function rspawnOutcome(report: string): Outcome {
  const records = report.split('\0').slice(0, -1);
  // The texts begin behind the first octet, whatever it is.
  const [first, second] = report.slice(1).split('\0').slice(0, -1);
  const message = records.findIndex((record) => /^[KZD]/.test(record));
  const rank = { K: 1, Z: 0, D: -1 };
  const result = rank[(records[message]?.[0] ?? 'D') as 'K' | 'Z' | 'D'];
  const own = report.startsWith('s') ? 0 : report.startsWith('h') ? -1 : result;
  const status = own === 1 ? 'K' : own === 0 ? 'Z' : 'D';
  const more = result <= own && second !== undefined && /^[KZD]/.test(second) ? second.slice(1) : '';
  return { status, text: (first ?? '') + more };
}
