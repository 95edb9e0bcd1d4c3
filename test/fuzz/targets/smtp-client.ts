/**
 * The SMTP client session against any octets of a server. A plain reading of the replies, one after another, says which
 * recipients may count as delivered.
 */
import type { Outcome } from '../../../src/protocol/mail.js';
import { SmtpClientSession } from '../../../src/protocol/smtp/client.js';
import { recordedServers } from '../recorded.js';
import { agree, holds, magnitude, pieces, type Target } from '../target.js';

const recipients = ['one@r.test', 'two@r.test'];
const body = Buffer.from('Subject: s\r\n\r\n..x\r\n', 'latin1');

interface Talk {
  readonly outcomes: readonly Outcome[];
  readonly reports: number;
  readonly sent: string;
}

function talk(chunks: readonly Uint8Array[]): Talk {
  const session = new SmtpClientSession({ helohost: 'me.test', peer: '192.0.2.1', greet: 'ehlo' });
  let outcomes: readonly Outcome[] = [];
  let reports = 0;
  let sent = '';
  let over = false;
  const drain = (): void => {
    for (let event = session.next(); event !== undefined && !over; event = session.next()) {
      if (event.tag === 'ready') session.begin({ sender: 's@me.test', recipients, body: [body], size: body.length });
      else if (event.tag === 'report') {
        outcomes = event.outcomes;
        reports += 1;
      } else if (event.tag === 'closed') over = true;
    }
    for (const piece of session.output()) sent += typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1');
  };
  for (const chunk of chunks) {
    if (reports === 0) session.receive(chunk);
    drain();
  }
  session.lost();
  drain();
  return { outcomes, reports, sent };
}

/** Codes of the replies; undefined where the text is not plain enough to be sure. */
function codes(input: string): number[] | undefined {
  const found: number[] = [];
  let first: string | undefined;
  for (const line of input.split('\n').slice(0, -1)) {
    if (!/^[2-5]\d\d[ -]/.test(line)) return undefined;
    first ??= line;
    if (line[3] === '-') continue;
    found.push(Number(first.slice(0, 3)));
    first = undefined;
  }
  return found;
}

/** Recipients delivered to by a dialogue of these replies. */
function deliveredBy(replies: number[]): boolean[] | undefined {
  const next = (): number => replies.shift() ?? 999;
  if (next() !== 220) return undefined;
  const ehlo = next();
  if (ehlo !== 250 && (ehlo < 400 || ehlo === 421 || next() !== 250)) return undefined;
  const mail = next();
  const taken = recipients.map(() => next() < 400);
  const data = next();
  const end = next();
  // Another answer than 3xx to DATA, and one of 3xx to the final dot, is believed without PIPELINING alone.
  return data < 300 || (end >= 300 && end < 400) ? undefined : taken.map((good) => mail < 400 && good && data < 400 && end < 400);
}

export const smtpClient: Target = {
  name: 'smtp-client',
  words: [
    '220 x\r\n',
    '250 ok\r\n',
    '250-PIPELINING\r\n',
    '250 SIZE 9\r\n',
    '354 go\r\n',
    '421 bye\r\n',
    '450 no\r\n',
    '550 no\r\n',
    '250-',
  ],
  seeds: () => [
    '220 x\r\n250-x\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n550 c\r\n354 d\r\n250 e\r\n221 f\r\n',
    '220 x\r\n502 what\r\n250 x\r\n250 a\r\n450 b\r\n250 c\r\n354 d\r\n250 e\r\n',
    // A second 354 is no answer to the final dot.
    '220 \n250-\n250 PIPELINING\n250 \n250 \n550 \n354 \n354 \n',
    ...recordedServers(),
  ],
  run(input) {
    const whole = talk([Buffer.from(input, 'latin1')]);
    const cut = talk(pieces(input));
    agree('whole and in pieces: outcomes', whole.outcomes, cut.outcomes);
    holds('one report at most', whole.reports <= 1);
    holds('an outcome a recipient', whole.reports === 0 || whole.outcomes.length === recipients.length);
    for (const { text } of whole.outcomes)
      holds('the report is bounded and has no NUL', text.length <= 6_000 && !text.includes('\0'));
    holds('no bare line end goes out', !/(^|[^\r])\n|\r(?!\n)/.test(whole.sent));
    const replies = codes(input);
    const delivered = whole.outcomes.map(({ status }) => status === 'K');
    const wanted = replies && deliveredBy(replies);
    if (wanted !== undefined) agree('delivered as the replies say', delivered, whole.reports === 0 ? [] : wanted);
    return `${whole.outcomes.map(({ status, text }) => status + text.slice(0, 30))} ${magnitude(whole.sent.length)} ${whole.sent.slice(-6)}`;
  },
};
