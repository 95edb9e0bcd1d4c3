/**
 * The processes that take mail for one sink: sockets are bound here and listened on there, so that the system spreads
 * connections over them. One that ends by itself is named and replaced; what it told before stays counted.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { getSystemErrorMap } from 'node:util';
import type { Desk } from '../desk.js';
import type { SinkLedger } from '../ledger.js';
import type { SinkAddress } from '../options.js';
import type { CertificateAndKey } from '../tls/self-signed.js';
import { Guests } from './guests.js';
import type { FromWorker, MailProtocol, ToWorker } from './messages.js';
import { Obedience } from './obedience.js';
import { unpacked } from './packed.js';

const program = fileURLToPath(new URL('./worker-main.js', import.meta.url));
const closeMs = 5_000;
const restartMs = 1_000;
/** Descriptors before it are the usual three and the channel. */
const firstFd = 4;

interface Handle {
  readonly fd: number;
  getsockname(out: { port?: number }): number;
  close(): void;
}
type MakeHandle = (address: string, port: number, family: 4 | 6) => Handle | number;

export interface CrewParts {
  readonly desk: Desk;
  readonly ledger: SinkLedger;
  readonly tls: CertificateAndKey | undefined;
  readonly starttls: boolean;
  readonly troubled: (text: string) => void;
}

export class Crew {
  readonly #parts: CrewParts;
  readonly #bound: { readonly protocol: MailProtocol; readonly handle: Handle }[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #guests = new Guests();
  readonly #obedience = new Obedience();
  #number = 0;
  #closing = false;

  constructor(parts: CrewParts) {
    this.#parts = parts;
    parts.desk.rulesChanged = (text) => {
      const { number, done } = this.#obedience.order(this.#children);
      for (const child of this.#children) say(child, { tag: 'rules', text, number });
      return done;
    };
  }

  /** Answers the port; throws with words that name the address. */
  bind(protocol: MailProtocol, { address, port }: SinkAddress): number {
    const version = net.isIP(address);
    if (version === 0) throw new Error(`cannot listen on ${address}:${port}: with several threads it must be an IP address`);
    const make = (net as unknown as { _createServerHandle: MakeHandle })._createServerHandle;
    const handle = make(address, port, version === 6 ? 6 : 4);
    const name: { port?: number } = {};
    // An address in use shows only when the name of the socket is asked for.
    const code = typeof handle === 'number' ? handle : handle.getsockname(name);
    if (typeof handle === 'number' || code !== 0) {
      throw new Error(`cannot listen on ${address}:${port}: ${getSystemErrorMap().get(code)?.[1] ?? `error ${code}`}`);
    }
    this.#bound.push({ protocol, handle });
    return name.port ?? port;
  }

  /** Settles when all listen. */
  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#startOne()));
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#children].map((child) => ended(child)));
    for (const { handle } of this.#bound.splice(0)) handle.close();
  }

  #startOne(): Promise<void> {
    const number = ++this.#number;
    const stdio = [
      'ignore' as const,
      'ignore' as const,
      'inherit' as const,
      'ipc' as const,
      ...this.#bound.map(({ handle }) => handle.fd),
    ];
    const child = spawn(process.execPath, [program], { stdio, serialization: 'advanced' });
    this.#children.add(child);
    const { troubles, keep, maxSize } = this.#parts.desk.house;
    const { tls, starttls } = this.#parts;
    const listeners = this.#bound.map(({ protocol }, index) => ({ protocol, fd: firstFd + index }));
    say(child, {
      tag: 'begin',
      listeners,
      rules: troubles.text,
      ageMs: troubles.ageMs,
      magic: troubles.magic,
      keep,
      tls,
      starttls,
      maxSize,
    });
    return new Promise((resolve, reject) => {
      child.on('error', (error) => reject(new Error(`cannot start a thread of the sink: ${error.message}`)));
      child.on('message', (message: FromWorker) => {
        if (message.tag === 'ready') resolve();
        else if (message.tag === 'failed') reject(new Error(message.why));
        else if (message.tag === 'batch') this.#take(number, message);
        else this.#hear(child, number, message);
      });
      child.on('exit', (code, signal) => {
        this.#gone(child, number, signal ?? `exit ${code}`);
        reject(new Error(`a thread of the sink ended: ${signal ?? `exit ${code}`}`));
      });
    });
  }

  #take(number: number, { counts, arrivals, kept }: Extract<FromWorker, { tag: 'batch' }>): void {
    const { desk, ledger } = this.#parts;
    desk.others.set(number, counts);
    for (const packed of arrivals) for (const arrival of unpacked(packed)) ledger.take(packed, arrival);
    for (const message of kept) desk.kept.add(message);
  }

  /** What a process asks of the judge of all, and what that must know. */
  #hear(child: ChildProcess, number: number, message: Exclude<FromWorker, { tag: 'ready' | 'failed' | 'batch' }>): void {
    if (message.tag === 'obeyed') this.#obedience.obeyed(child, message.number);
    else if (message.tag === 'here') this.#guests.here(number, message.clients);
    else if (message.tag === 'came') this.#guests.came(number, message.client);
    else if (message.tag === 'left') this.#guests.left(number, message.client);
    else {
      const { question } = message;
      const { ofClient, ofAll } = this.#guests.open(question.client);
      const verdict = this.#parts.desk.house.troubles.judge({ ...question, ofClient, ofAll });
      say(child, { tag: 'verdict', number: message.number, verdict });
    }
  }

  #gone(child: ChildProcess, number: number, how: string): void {
    this.#children.delete(child);
    this.#guests.gone(number);
    this.#obedience.gone(child);
    const counts = this.#parts.desk.others.get(number);
    if (counts !== undefined) counts.open = 0;
    if (this.#closing) return;
    this.#parts.troubled(`a thread ended by itself (${how}); its connections are lost, another one is started`);
    const again = (): void => {
      if (!this.#closing) this.#startOne().catch(() => undefined);
    };
    setTimeout(again, restartMs).unref();
  }
}

function say(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message, () => undefined);
}

/** Settles when it has told all and ended, at last by force. */
async function ended(child: ChildProcess): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), closeMs);
  const gone = once(child, 'exit');
  // All that it told has been read when the channel is closed.
  const told = child.connected ? once(child, 'disconnect') : undefined;
  say(child, { tag: 'close' });
  await Promise.all([gone, told]);
  clearTimeout(timer);
}
