/**
 * QMTP and QMQP server sessions against a plain reading of netstrings over the whole text.
 */
import { toByteString } from '../../../src/protocol/bytes.js';
import type { PackageSession } from '../../../src/protocol/package-session.js';
import { QmqpServerSession } from '../../../src/protocol/qmqp.js';
import { QmtpServerSession } from '../../../src/protocol/qmtp.js';
import { recordedField } from '../recorded.js';
import { agree, holds, magnitude, pieces, shape, type Target } from '../target.js';

interface Package {
  readonly body: string;
  readonly sender: string;
  readonly recipients: readonly string[];
}

interface Heard {
  readonly packages: readonly Package[];
  readonly output: string;
  readonly last: string;
}

function hear(session: PackageSession, chunks: readonly Uint8Array[]): Heard {
  const packages: Package[] = [];
  let body = '';
  let output = '';
  let last = '';
  for (const chunk of chunks) {
    session.receive(chunk);
    for (let event = session.next(); event !== undefined; event = session.next()) {
      last = event.tag;
      if (event.tag === 'message') body = '';
      else if (event.tag === 'body') body += toByteString(event.bytes);
      else if (event.tag === 'end' && !event.settled) {
        packages.push({ body, sender: event.sender, recipients: [...event.recipients] });
        session.decide('Kok');
      }
    }
    session.retain();
    output += session.output();
  }
  return { packages, output, last };
}

/** The netstring at `at`; undefined when there is no whole one. */
function net(text: string, at: number): { readonly content: string; readonly next: number } | undefined {
  const [head, digits = ''] = /^(\d{0,12}):/.exec(text.slice(at, at + 14)) ?? [];
  if (head === undefined) return undefined;
  const begin = at + head.length;
  const next = begin + Number(digits) + 1;
  return text[next - 1] === ',' ? { content: text.slice(begin, next - 1), next } : undefined;
}

function nets(text: string): string[] | undefined {
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const one = net(text, at);
    if (one === undefined) return undefined;
    found.push(one.content);
    at = one.next;
  }
  return found;
}

const bad = (address: string): boolean => address.length >= 1_000 || address.includes('\0');

/** Packages that a QMTP client sent, those left out that the server must refuse. */
function plainQmtp(text: string): Package[] {
  const found: Package[] = [];
  for (let at = 0; ; ) {
    const message = net(text, at);
    const sender = message && net(text, message.next);
    const list = sender && net(text, sender.next);
    const addresses = list && nets(list.content);
    if (message === undefined || sender === undefined || list === undefined || addresses === undefined) return found;
    if (!/^[\r\n]/.test(message.content)) return found;
    at = list.next;
    const recipients = addresses.filter((address) => !bad(address));
    const lines = message.content[0] === '\r' ? message.content.slice(1).replace(/\r\n/g, '\n') : message.content.slice(1);
    if (!bad(sender.content) && recipients.length > 0) found.push({ body: lines, sender: sender.content, recipients });
  }
}

function plainQmqp(text: string): Package[] {
  const whole = net(text, 0);
  const [body, sender, ...recipients] = (whole && nets(whole.content)) ?? [];
  if (body === undefined || sender === undefined) return [];
  return [sender, ...recipients].some(bad) ? [] : [{ body, sender, recipients }];
}

const words = ['1:\n,', '0:,', ':', ',', '5:a@b.c,', '8:5:x@y.z,,', '2:\r\n,', '200000001:', '0000:,', '999999999999:'];

function checked(input: string, open: () => PackageSession, plain: (text: string) => Package[]): string {
  const whole = hear(open(), [Buffer.from(input, 'latin1')]);
  const cut = hear(open(), pieces(input));
  agree('whole and in pieces', whole, cut);
  agree('as a plain reading', whole.packages, plain(input));
  holds('answers are netstrings', nets(whole.output) !== undefined);
  return `${whole.last} ${magnitude(whole.packages.length)} ${magnitude(whole.output.length)} ${whole.output.slice(0, 14)} ${shape(input).slice(0, 12)}`;
}

const qmtpSession = (): PackageSession =>
  new QmtpServerSession({ databytes: 0, maxRecipients: 20_000, relayclient: undefined, allowed: () => true });

export const qmtp: Target = {
  name: 'qmtp',
  words,
  seeds: () => ['19:\nSubject: s\n\nhello\n,5:a@b.c,8:5:x@y.z,,', '4:\ra\r\n,0:,8:5:x@y.z,,', ...recordedField('qmtpd', 'input')],
  run: (input) => checked(input, qmtpSession, plainQmtp),
};

export const qmqp: Target = {
  name: 'qmqp',
  words,
  seeds: () => ['26:3:a\nb,5:a@b.c,5:x@y.z,0:,,', ...recordedField('qmqpd', 'input')],
  run: (input) => checked(input, () => new QmqpServerSession({ maxRecipients: 20_000 }), plainQmqp),
};
