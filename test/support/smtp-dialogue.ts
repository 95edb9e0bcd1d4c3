/**
 * One SMTP connection of a test: sends what the test writes and hands over the server's replies one by one.
 * Checks nothing.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export class SmtpDialogue {
  readonly socket: Socket;
  #kept = '';
  readonly #replies: string[] = [];
  readonly #waiting: ((reply: string) => void)[] = [];
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (text: string) => this.#heard(text));
    socket.once('close', () => {
      this.closed = true;
      for (const wake of this.#waiting.splice(0)) wake('closed');
    });
  }

  /** Connects from `localAddress`; the greeting is the first reply. */
  static async open(port: number, localAddress = '127.0.0.1'): Promise<SmtpDialogue> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    await once(socket, 'connect');
    return new SmtpDialogue(socket);
  }

  #heard(text: string): void {
    const lines = (this.#kept + text).split('\r\n');
    this.#kept = lines.pop() ?? '';
    for (const line of lines) {
      if (/^\d{3}-/.test(line)) continue;
      const wake = this.#waiting.shift();
      if (wake === undefined) this.#replies.push(line);
      else wake(line);
    }
  }

  /** The last line of the next reply; `closed` when the connection ended instead. */
  reply(): Promise<string> {
    const known = this.#replies.shift();
    if (known !== undefined) return Promise.resolve(known);
    if (this.closed) return Promise.resolve('closed');
    return new Promise((settle) => this.#waiting.push(settle));
  }

  /** Sends a command line and waits for its reply. */
  say(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`, 'latin1');
    return this.reply();
  }

  /** Greeting and EHLO. */
  async greet(): Promise<this> {
    await this.reply();
    await this.say('EHLO client.test');
    return this;
  }

  /** One message; the reply that decided over it. `body` is wire form, dots doubled, without the final dot. */
  async send(recipients: readonly string[], body: string, sender = ''): Promise<string> {
    const mail = await this.say(`MAIL FROM:<${sender}>`);
    if (!mail.startsWith('250')) return mail;
    for (const recipient of recipients) {
      const answer = await this.say(`RCPT TO:<${recipient}>`);
      if (!answer.startsWith('250')) return answer;
    }
    const data = await this.say('DATA');
    return data.startsWith('354') ? this.say(`${body}.`) : data;
  }

  close(): void {
    this.socket.destroy();
  }
}
