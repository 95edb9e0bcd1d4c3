/**
 * Runs a QMTP or QMQP session over given octets with a queue that only remembers, in the way of the recorded cases:
 * what it answered, what was queued, and qmail's exit code.
 */
import { fromByteString, lowerCaseAscii, toByteString } from '../../src/protocol/bytes.js';
import type { PackageSession } from '../../src/protocol/package-session.js';
import { QmqpServerSession } from '../../src/protocol/qmqp.js';
import { QmtpServerSession } from '../../src/protocol/qmtp.js';
import { queueText } from '../../src/protocol/queue-verdict.js';
import { receivedStart } from '../../src/protocol/received.js';
import { compileRelay } from '../../src/protocol/relay.js';

export interface PackageCase {
  readonly id: string;
  readonly controls: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly morercpthosts?: string;
  readonly queueExit: number;
  readonly queueText?: string;
  readonly input: string;
  readonly expected: PackageResult;
}

export interface PackageResult {
  readonly exit: number;
  readonly output: string;
  readonly queued: readonly { readonly sender: string; readonly recipients: readonly string[]; readonly message: string }[];
}

const lines = (text: string | undefined): string[] | undefined => text?.split('\n').filter((line) => line !== '');

function sessionFor(protocol: 'QMTP' | 'QMQP', one: PackageCase, maxRecipients = 10_000): PackageSession {
  if (protocol === 'QMQP') return new QmqpServerSession({ maxRecipients });
  const more = new Set(lines(one.morercpthosts)?.map(lowerCaseAscii));
  const relay = compileRelay({ rcpthosts: lines(one.controls.rcpthosts), badmailfrom: [] }, (key) => more.has(key));
  return new QmtpServerSession({
    databytes: Number.parseInt(one.env.DATABYTES ?? one.controls.databytes ?? '0', 10),
    maxRecipients,
    relayclient: one.env.RELAYCLIENT,
    allowed: (recipient) => relay.rcptAllowed(recipient),
  });
}

/** `cut`: octets handed over at once. Each chunk is overwritten after its call, as a shared read buffer is. */
export function replayPackages(protocol: 'QMTP' | 'QMQP', one: PackageCase, cut = 65_536): PackageResult {
  const session = sessionFor(protocol, one);
  const { env } = one;
  const received = receivedStart(
    {
      remoteHost: env.TCPREMOTEHOST,
      remoteIp: env.TCPREMOTEIP,
      remoteInfo: env.TCPREMOTEINFO,
      helo: undefined,
      local: env.TCPLOCALHOST ?? env.TCPLOCALIP,
      protocol,
    },
    '\n',
  );
  const refusal = queueText({ code: one.queueExit, custom: one.queueText ?? '' });
  const queued: { sender: string; recipients: readonly string[]; message: string }[] = [];
  const input = fromByteString(one.input);
  let message = '';
  let output = '';
  let exit = 0;
  for (let at = 0; at < input.length; at += cut) {
    const chunk = Buffer.from(input.subarray(at, at + cut));
    session.receive(chunk);
    for (let event = session.next(); event !== undefined; event = session.next()) {
      if (event.tag === 'message') message = `${received}{DATE}\n`;
      else if (event.tag === 'body') message += toByteString(event.bytes);
      else if (event.tag === 'broken') exit = event.fault;
      else if (event.tag === 'end' && !event.settled) {
        queued.push({ sender: event.sender, recipients: event.recipients, message });
        session.decide(refusal === '' ? 'Kok {TIME} qp {PID}' : refusal);
      }
    }
    session.retain();
    chunk.fill(88);
    output += session.output();
  }
  return { exit, output: output.replace(/\d+:(Kok \{TIME\})/g, '{LEN}:$1'), queued };
}
