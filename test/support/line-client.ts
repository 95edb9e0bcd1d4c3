/**
 * A client that says lines and waits for what it expects to hear: one connection of a test.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One connection; `said` grows as the server talks. */
export class Client {
  readonly socket: Socket;
  said = '';
  readonly closed: Promise<unknown>;

  constructor(port: number, address: string) {
    this.socket = connect({ port, host: address, allowHalfOpen: true });
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.said += text;
    });
    this.socket.on('error', () => undefined);
    this.closed = once(this.socket, 'close').catch(() => undefined);
    this.socket.on('end', () => this.socket.end());
  }

  /** Resolves with all that was said once it matches; rejects when the server closes before. */
  async hears(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.said)) {
      const more = await Promise.race([once(this.socket, 'data'), this.closed.then(() => 'closed' as const)]);
      if (more === 'closed' && !pattern.test(this.said))
        throw new Error(`closed before ${pattern}: ${JSON.stringify(this.said)}`);
    }
    return this.said;
  }

  /** Says a line and resolves with the reply to it (one line, code first). */
  async ask(line: string): Promise<string> {
    this.said = '';
    this.socket.write(`${line}\r\n`, 'latin1');
    return (await this.hears(/^\d{3} .*\r\n/m)).trimEnd();
  }
}

/** One message in a session of its own; resolves with the reply to its final dot. */
export async function sendMessage(port: number, address: string, from: string, to: readonly string[]): Promise<string> {
  const client = new Client(port, address);
  await client.hears(/^220 .*\r\n/);
  await client.ask('HELO client.example');
  await client.ask(`MAIL FROM:<${from}>`);
  for (const recipient of to) {
    const reply = await client.ask(`RCPT TO:<${recipient}>`);
    if (!reply.startsWith('250')) throw new Error(`${recipient}: ${reply}`);
  }
  await client.ask('DATA');
  const reply = await client.ask('Subject: hello\r\n\r\nIt works.\r\n.');
  client.socket.end('QUIT\r\n');
  await client.closed;
  return reply;
}
