/**
 * Normal mail while something else overloads the server: every quarter of a second a new client brings one numbered
 * message for a mailbox here and a next hop that is well. Keeps the time of each answer and of each arrival; judges nothing.
 */
import { localRecipient, remoteRecipient } from '../../support/server-home.js';
import { SmtpDialogue } from '../../support/smtp-dialogue.js';
import { Book } from '../kill/book.js';
import { numbered } from '../kill/numbered.js';

const everyMs = 250;
/** A client that has no answer by then has given up. */
const patienceMs = 60_000;

export interface TrickleFigures {
  readonly begun: number;
  readonly accepted: number;
  /** Refused with 4xx: the client keeps its message and comes again. */
  readonly refused: number;
  /** Cut off, or without an answer for a minute. */
  readonly cut: number;
  /** Seconds from the connection to the 250. */
  readonly slowestAnswer: number;
  /** Seconds from the 250 to the next hop; of what has arrived. */
  readonly slowestDelivery: number;
}

export class Trickle {
  readonly book = new Book();
  readonly #port: number;
  readonly #acceptedAt = new Map<number, number>();
  readonly #arrivedAt = new Map<number, number>();
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #begun = 0;
  #refused = 0;
  #cut = 0;
  #slowestAnswer = 0;
  firstTrouble = '';

  constructor(port: number) {
    this.#port = port;
    this.#timer = setInterval(() => this.#begin(), everyMs);
  }

  /** The next hop got message `n`; undefined: something that is not ours. */
  arrived(n: number | undefined): void {
    this.book.arriveRemote(n);
    if (n !== undefined && !this.#arrivedAt.has(n)) this.#arrivedAt.set(n, performance.now());
  }

  /** No further message is begun; resolves when the last one has its answer. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #begin(): void {
    const n = this.#begun;
    this.#begun += 1;
    const begun = performance.now();
    const one = this.#send(n).then((answer) => {
      this.#open.delete(one);
      if (answer.startsWith('250')) {
        this.book.accept(n);
        this.#acceptedAt.set(n, performance.now());
        this.#slowestAnswer = Math.max(this.#slowestAnswer, performance.now() - begun);
        return;
      }
      if (/^4\d\d/.test(answer)) this.#refused += 1;
      else this.#cut += 1;
      this.firstTrouble ||= answer;
    });
    this.#open.add(one);
  }

  async #send(n: number): Promise<string> {
    let client: SmtpDialogue | undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((settle) => {
      timer = setTimeout(settle, patienceMs, 'no answer in time');
    });
    const whole = async (): Promise<string> => {
      client = await SmtpDialogue.open(this.#port);
      const greeting = await client.reply();
      if (!greeting.startsWith('220')) return greeting;
      const hello = await client.say('EHLO client.test');
      if (!hello.startsWith('250')) return hello;
      return client.send([localRecipient, remoteRecipient], numbered(n).toString('latin1'));
    };
    const answer = await Promise.race([whole().catch((error: unknown) => String(error)), late]);
    clearTimeout(timer);
    client?.close();
    return answer;
  }

  figures(): TrickleFigures {
    let slowest = 0;
    for (const [n, at] of this.#arrivedAt) slowest = Math.max(slowest, at - (this.#acceptedAt.get(n) ?? at));
    return {
      begun: this.#begun,
      accepted: this.book.accepted,
      refused: this.#refused,
      cut: this.#cut,
      slowestAnswer: this.#slowestAnswer / 1000,
      slowestDelivery: slowest / 1000,
    };
  }
}
