/**
 * The SMTP server session in every state. Checked against what can be seen in the client's octets alone: where a
 * message that was kept must stand in them.
 */
import { SmtpPeer } from '../../protocol/smtp-peer.js';
import { recordedField } from '../recorded.js';
import { agree, holds, magnitude, pieces, type Target } from '../target.js';

const mail = 'MAIL FROM:<a@b>\r\n';
const rcpt = 'RCPT TO:<c@d>\r\n';
/** A session brought into each of its states. */
const states = ['', 'EHLO x\r\n', `EHLO x\r\n${mail}`, `HELO x\r\n${mail}${rcpt}`, `EHLO x\r\n${mail}${rcpt}DATA\r\n`];
const endings = ['hello\r\n.\r\nQUIT\r\n', 'RSET\r\n', 'NOOP\r\n', 'VRFY x\r\n', '.\r\n', `${mail}${rcpt}DATA\r\nx\r\n.\r\n`];

const feed = (chunks: readonly Uint8Array[]): SmtpPeer => {
  const peer = new SmtpPeer({ maxErrors: 5, maxRecipients: 3, databytes: 2_000, maxCommandLine: 600 });
  for (const chunk of chunks) {
    peer.session.receive(chunk);
    peer.drain();
    peer.session.retain();
  }
  return peer;
};

/** Every message kept is what stands between a line DATA and the next line with a single dot, in this order. */
function keptAsSent(input: string, peer: SmtpPeer): void {
  let from = 0;
  for (const { wire } of peer.kept) {
    holds('a message ends with CR LF', wire === '' || wire.endsWith('\r\n'));
    holds('no bare CR or LF is kept', !/(^|[^\r])\n|\r(?!\n)/.test(wire));
    holds('no line with a single dot is kept', !/(^|\n)\.\r\n/.test(wire));
    for (;;) {
      const at = input.indexOf(`${wire}.\r\n`, from);
      holds('what was kept stands in what was sent', at >= 0);
      from = at + 1;
      if (/(^|\n)data( [^\n]*)?\r?\n$/i.test(input.slice(Math.max(0, at - 700), at))) break;
    }
  }
}

/** `taken`: what the server makes of the client's octets before it reads them; a sound one makes nothing of them. */
export const smtpServerThat = (taken: (input: string) => string): Target => ({
  name: 'smtp-server',
  words: [
    '\r\n.\r\n',
    '\n.\n',
    '\r.\r',
    '\r\n.\n',
    'DATA\r\n',
    mail,
    rcpt,
    'EHLO x\r\n',
    'SIZE=9',
    '<>',
    '<@a:b@c>',
    'Received: x\r\n',
  ],
  seeds: () => [...states.flatMap((state) => endings.map((ending) => state + ending)), ...recordedField('smtpd', 'input')],
  run(input) {
    const whole = feed([Buffer.from(taken(input), 'latin1')]);
    const cut = feed(pieces(taken(input)));
    agree('whole and in pieces: replies', whole.replies, cut.replies);
    agree('whole and in pieces: messages', whole.kept, cut.kept);
    holds('every line of a reply has a code', /^(\d{3}[ -][^\r\n]*\r\n)+$/.test(whole.replies));
    keptAsSent(input, whole);
    for (const { sender, recipients } of whole.kept) {
      holds('no address holds LF or NUL', !/[\n\0]/.test(sender + recipients.join('')));
    }
    const codes = [...whole.replies.matchAll(/^\d{3}/gm)].map(([code]) => code);
    return `${whole.tags.slice(-4)} ${codes.slice(-4)} ${whole.kept.length} ${magnitude(codes.length)}`;
  },
});

export const smtpServer: Target = smtpServerThat((input) => input);
