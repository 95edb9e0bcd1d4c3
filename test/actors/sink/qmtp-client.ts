/**
 * QMTP for tests of the sink: packages out in one write, and all that the sink said.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const netstring = (text: string): string => `${text.length}:${text},`;

export function qmtpPackage(recipients: readonly string[], message = 'Subject: q\n\n.dot\n', sender = 's@x'): string {
  return netstring(`\n${message}`) + netstring(sender) + netstring(recipients.map(netstring).join(''));
}

export async function qmtpTalk(port: number, octets: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  socket.on('error', () => undefined);
  socket.end(octets, 'latin1');
  await once(socket, 'close');
  return text;
}

/** One package for one recipient. */
export const qmtp = (port: number, recipient: string, more = ''): Promise<string> =>
  qmtpTalk(port, qmtpPackage([recipient], `Subject: q\n\n.dot\n${more}`));

/** The answers, without their lengths. */
export function answersOf(text: string): string[] {
  const answers: string[] = [];
  for (let at = 0; at < text.length; ) {
    const colon = text.indexOf(':', at);
    const end = colon + 1 + Number(text.slice(at, colon));
    answers.push(text.slice(colon + 1, end));
    at = end + 1;
  }
  return answers;
}
