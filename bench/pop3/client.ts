/** POP3 clients that wait for each answer: whole short sessions, or one login and many messages. */
import { connect, type Socket } from 'node:net';
import type { BenchMailbox } from './mailbox.js';

const longestMs = 20_000;
/** Number, blank, name, CR LF. */
const shortestListed = 5;

/** One connection; answers of one line or, after `many`, up to the final dot. */
class Client {
  readonly #socket: Socket;
  #tail = '';
  #octets = 0;
  #many = false;
  #asked = '';
  #settle: ((octets: number) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.setTimeout(longestMs, () =>
      this.#socket.destroy(
        new Error(
          `no answer within ${longestMs / 1000} s to ${this.#asked.split(' ')[0] || 'the connection'}, last octets ${JSON.stringify(this.#tail)}`,
        ),
      ),
    );
    this.#socket.once('error', (error) => this.#fail?.(error));
    this.#socket.once('close', () => this.#fail?.(new Error(`closed: ${this.#tail}`)));
  }

  /** Octets of the answer; rejects unless it is +OK. Without words it waits for the greeting. */
  ask(words: string, many = false): Promise<number> {
    this.#many = many;
    this.#tail = '';
    this.#octets = 0;
    const answered = new Promise<number>((settle, fail) => {
      this.#settle = settle;
      this.#fail = fail;
    });
    this.#asked = words;
    if (words !== '') this.#socket.write(`${words}\r\n`);
    return answered;
  }

  #take(chunk: Buffer): void {
    if (this.#octets === 0 && chunk[0] !== 43) {
      this.#fail?.(new Error(chunk.toString('latin1').trim()));
      return;
    }
    this.#octets += chunk.length;
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - 5))).slice(-5);
    if (this.#tail.endsWith(this.#many ? '\r\n.\r\n' : '\r\n')) this.#settle?.(this.#octets);
  }

  async login({ user, password }: BenchMailbox): Promise<void> {
    await this.ask('');
    await this.ask(`USER ${user}`);
    await this.ask(`PASS ${password}`);
  }

  async quit(): Promise<void> {
    await this.ask('QUIT');
    this.#socket.destroy();
  }
}

/** Runs `total` jobs in so many lanes; seconds from the first begin to the last end. */
async function inLanes(total: number, lanes: number, lane: (next: () => number | undefined) => Promise<void>): Promise<number> {
  let given = 0;
  const next = (): number | undefined => (given < total ? given++ : undefined);
  const began = performance.now();
  await Promise.all(Array.from({ length: lanes }, () => lane(next)));
  return (performance.now() - began) / 1000;
}

/** Login, STAT, UIDL, QUIT; sessions a second. */
export async function loginRate(port: number, mailbox: BenchMailbox, total: number, lanes: number): Promise<number> {
  const seconds = await inLanes(total, lanes, async (next) => {
    while (next() !== undefined) {
      const client = new Client(port);
      await client.login(mailbox);
      await client.ask('STAT');
      const octets = await client.ask('UIDL', true);
      if (octets < mailbox.messages * shortestListed) throw new Error(`UIDL: ${octets} octets for ${mailbox.messages} messages`);
      await client.quit();
    }
  });
  return total / seconds;
}

/** RETR of one message after the other in sessions that stay; messages a second. */
export async function retrRate(port: number, mailbox: BenchMailbox, total: number, lanes: number): Promise<number> {
  const seconds = await inLanes(total, lanes, async (next) => {
    const client = new Client(port);
    await client.login(mailbox);
    for (let n = next(); n !== undefined; n = next()) {
      const octets = await client.ask(`RETR ${(n % mailbox.messages) + 1}`, true);
      if (octets < mailbox.least) throw new Error(`RETR: ${octets} octets of a message that has ${mailbox.least}`);
    }
    await client.quit();
  });
  return total / seconds;
}
