/**
 * One message over SMTP for tests of the sink, command by command, and what the sink said to each.
 */
import { connect } from 'node:net';

export interface Submitted {
  readonly sender?: string;
  readonly recipients: readonly string[];
  /** Header and body, lines end CR LF. */
  readonly body: string;
  /** Word of greeting; LMTP has its own. */
  readonly hello?: string;
}

/** First lines of the replies; fewer than commands when the connection ended early. */
export function submit(port: number, message: Submitted): Promise<string[]> {
  const { sender = 's@example.org', recipients, body, hello = 'HELO' } = message;
  const stuffed = body.replace(/^\./gm, '..');
  const lmtp = hello === 'LHLO';
  const commands = [`${hello} test`, `MAIL FROM:<${sender}>`, ...recipients.map((address) => `RCPT TO:<${address}>`), 'DATA'];
  return talk(port, [...commands, `${stuffed}.`, 'QUIT'], lmtp);
}

/** Says a line after each whole reply, the next only then; settles when the server ends the connection. */
export function talk(port: number, lines: readonly string[], lmtp = false): Promise<string[]> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const replies: string[] = [];
    const left = [...lines];
    let held = '';
    let owed = 1;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      held += text;
      for (let end = held.indexOf('\r\n'); end !== -1; end = held.indexOf('\r\n')) {
        const line = held.slice(0, end);
        held = held.slice(end + 2);
        if (line[3] === '-') continue;
        replies.push(line);
        if (--owed > 0) continue;
        const next = left.shift();
        if (next === undefined) socket.end();
        else {
          // RFC 2033: the end of the message is answered for each recipient that was taken.
          const taken = replies.filter((reply, index) => index >= 3 && reply.startsWith('250')).length;
          owed = lmtp && next.endsWith('.') ? Math.max(1, taken) : 1;
          socket.write(`${next}\r\n`, 'latin1');
        }
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(replies));
  });
}
