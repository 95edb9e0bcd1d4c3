/**
 * Runs one recorded smtpd case through the server session with a small policy of its own: greeting, relay rules and
 * limits out of the control texts, a queue that only remembers. Volatile values come out as the recording's placeholders.
 */
import { replaceOwnLiteral } from '../../src/protocol/address.js';
import { fromByteString, lowerCaseAscii, toByteString } from '../../src/protocol/bytes.js';
import { queueText } from '../../src/protocol/queue-verdict.js';
import { serverReceived } from '../../src/protocol/received.js';
import { compileRelay } from '../../src/protocol/relay.js';
import { wireToUnix } from '../../src/protocol/smtp/data.js';
import { SmtpServerSession } from '../../src/protocol/smtp/server.js';
import type { SmtpDecision, SmtpServerEvent } from '../../src/protocol/smtp/session.js';

export interface SmtpdCase {
  readonly id: string;
  readonly area: string;
  readonly description: string;
  readonly controls: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly morercpthosts?: string;
  readonly queueExit: number;
  readonly queueText?: string;
  readonly queueReadsNothing?: boolean;
  readonly queueCrashes?: boolean;
  readonly input: string;
  readonly expected: SmtpdResult;
}

export interface SmtpdResult {
  readonly exit: number;
  readonly output: string;
  readonly queued: readonly { readonly sender: string; readonly recipients: readonly string[]; readonly message: string }[];
}

/** The words of the product's own table, so that the recorded replies check it. */
function queueAnswer({ queueExit, queueText: custom, queueCrashes, queueReadsNothing }: SmtpdCase): string {
  if (queueExit === 0 && queueReadsNothing && !queueCrashes) return 'Zqq read error (#4.3.0)';
  return queueText({ code: queueCrashes ? undefined : queueExit, custom: custom ?? '' });
}

function firstLine(text: string | undefined): string | undefined {
  return text?.split('\n', 1)[0]?.replace(/[ \t]+$/, '');
}

function list(text: string | undefined): string[] | undefined {
  return text
    ?.split('\n')
    .map((line) => lowerCaseAscii(line.replace(/[ \t]+$/, '')))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function databytes(one: SmtpdCase): number {
  const digits = /^\d+/.exec(one.env.DATABYTES ?? one.controls.databytes ?? '0')?.[0] ?? '0';
  return Number(digits);
}

/** What the policy needs of one case. */
export interface Rules {
  readonly rcptAllowed: (recipient: string) => boolean;
  readonly senderBad: (sender: string) => boolean;
}

export function caseRules(one: SmtpdCase): Rules {
  const more = new Set(list(one.morercpthosts));
  return compileRelay({ rcpthosts: list(one.controls.rcpthosts), badmailfrom: list(one.controls.badmailfrom) ?? [] }, (key) =>
    more.has(key),
  );
}

class Replay {
  private readonly one: SmtpdCase;
  private readonly rules: Rules;
  private helo: string | undefined;
  private sender = '';
  private recipients: readonly string[] = [];
  private pieces: string[] = [];
  exit = 1;
  readonly queued: { sender: string; recipients: readonly string[]; message: string }[] = [];

  constructor(one: SmtpdCase, rules: Rules) {
    this.one = one;
    this.rules = rules;
  }

  decision(event: SmtpServerEvent): SmtpDecision | undefined {
    switch (event.tag) {
      case 'helo':
        this.helo = event.name;
        return undefined;
      case 'mail':
        return { accept: true, address: this.own(event.sender) };
      case 'rcpt':
        return this.rcpt(event.sender, this.own(event.recipient));
      case 'data':
        this.sender = event.sender;
        this.recipients = event.recipients;
        this.pieces = [];
        return { accept: true };
      case 'body':
        this.pieces.push(toByteString(event.bytes));
        return undefined;
      case 'end':
        return event.refused === undefined ? this.end(event.wireSize, event.unixSize) : undefined;
      case 'quit':
        this.exit = 0;
        return undefined;
      default:
        return undefined;
    }
  }

  private own(address: string): string {
    const localiphost = firstLine(this.one.controls.localiphost ?? this.one.controls.me);
    if (localiphost === undefined) return address;
    return replaceOwnLiteral(address, localiphost, (ip) => ip === '127.0.0.1' || ip === '0.0.0.0');
  }

  private rcpt(sender: string, recipient: string): SmtpDecision {
    const relayClient = this.one.env.RELAYCLIENT;
    if (this.rules.senderBad(sender)) {
      return { accept: false, code: 553, text: 'sorry, your envelope sender is in my badmailfrom list (#5.7.1)' };
    }
    if (relayClient !== undefined) return { accept: true, address: recipient + relayClient };
    if (this.rules.rcptAllowed(recipient)) return { accept: true, address: recipient };
    return { accept: false, code: 553, text: "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)" };
  }

  private end(wireSize: number, unixSize: number): SmtpDecision {
    const { env } = this.one;
    const wire = this.pieces.join('');
    const unix = toByteString(wireToUnix(fromByteString(wire)));
    if (wire.length !== wireSize || unix.length !== unixSize) throw new Error('sizes of the end event are wrong');
    const from = {
      remoteHost: env.TCPREMOTEHOST,
      remoteIp: env.TCPREMOTEIP,
      remoteInfo: env.TCPREMOTEINFO,
      helo: this.helo,
      local: env.TCPLOCALHOST ?? env.TCPLOCALIP,
      protocol: 'SMTP',
    };
    if (!this.one.queueReadsNothing) {
      const message = serverReceived(from, '{DATE}', '\n') + unix;
      this.queued.push({ sender: this.sender, recipients: this.recipients, message });
    }
    const answer = queueAnswer(this.one);
    if (answer === '') return { accept: true, text: 'ok {TIME} qp {PID}' };
    return { accept: false, code: answer.startsWith('D') ? 554 : 451, text: answer.slice(1) };
  }
}

/** The session's result for a case; undefined where the session would not even start. `chunk`: octets handed over at once. */
export function replaySmtpd(one: SmtpdCase, rules: Rules = caseRules(one), chunk = 65536): SmtpdResult | undefined {
  const greeting = firstLine(one.controls.smtpgreeting ?? one.controls.me);
  if (greeting === undefined) return undefined;
  const session = new SmtpServerSession({
    greeting,
    databytes: databytes(one),
    maxRecipients: 10000,
    maxCommandLine: 4096,
    maxErrors: 100,
    maxHops: 100,
    barecr: 'reject',
    maxHeader: 1048576,
  });
  const replay = new Replay(one, rules);
  const input = fromByteString(one.input);
  let output = session.output();
  for (let at = 0; at < input.length; at += chunk) {
    session.receive(input.slice(at, at + chunk));
    for (let event = session.next(); event !== undefined; event = session.next()) {
      const decision = replay.decision(event);
      if (decision) session.decide(decision);
    }
    output += session.output();
  }
  return { exit: replay.exit, output, queued: replay.queued };
}
