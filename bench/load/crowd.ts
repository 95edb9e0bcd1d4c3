/**
 * Clients that do next to nothing: some that only stay connected, some that send a message one octet at a time. They count
 * whoever the server cuts off or refuses. Runs in the bench's own process; nobody's CPU is counted for it.
 */
import net, { type Socket } from 'node:net';

export interface CrowdOrder {
  readonly port: number;
  /** Connections that say EHLO and nothing more. */
  readonly idle: number;
  /** Connections that are in the middle of a message all the time. */
  readonly slow: number;
  /** Of the slow ones' messages. */
  readonly recipient: string;
}

export interface Crowd {
  /** Everybody asks once more, or ends its message: how many of each kind got no good answer, or lost their connection before. */
  finish(): Promise<{ readonly idleLost: number; readonly slowLost: number }>;
  stop(): Promise<void>;
}

/** An octet of each slow message goes out so often. */
const octetMs = 500;
/** Connections that are made at the same time. */
const atOnce = 50;
const answerMs = 60_000;

/** One client: lines out, a code back. */
class Idler {
  readonly #socket: Socket;
  #text = '';
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(port: number) {
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('error', () => undefined);
    this.#socket.setEncoding('latin1').on('data', (piece: string) => {
      this.#text += piece;
      this.#wake?.();
    });
    this.#socket.once('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  say(text: string): void {
    if (!this.#closed) this.#socket.write(text, 'latin1');
  }

  /** Is the next answer this one? */
  async hears(code: string): Promise<boolean> {
    const late = setTimeout(() => this.#socket.destroy(), answerMs);
    const whole = /^(?:\d{3}-.*\r\n)*(\d{3}) .*\r\n/;
    for (;;) {
      const found = whole.exec(this.#text);
      if (found !== null || this.#closed) {
        clearTimeout(late);
        this.#text = this.#text.slice(found?.[0].length ?? 0);
        return found?.[1] === code;
      }
      await new Promise<void>((settle) => {
        this.#wake = settle;
      });
    }
  }

  /** Says each line when the answer before it was the one expected. */
  async asks(...steps: readonly (readonly [line: string, code: string])[]): Promise<boolean> {
    for (const [line, code] of steps) {
      this.say(line);
      if (!(await this.hears(code))) return false;
    }
    return true;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Resolves when all are connected and have begun. */
export async function openCrowd({ port, idle, slow, recipient }: CrowdOrder): Promise<Crowd> {
  const hello = ['EHLO crowd.test\r\n', '250'] as const;
  const idlers = await inTurn(idle, () => begun(port, [hello]));
  const message = [
    hello,
    ['MAIL FROM:<slow@crowd.test>\r\n', '250'],
    [`RCPT TO:<${recipient}>\r\n`, '250'],
    ['DATA\r\n', '354'],
  ] as const;
  const writers = await inTurn(slow, () => begun(port, message));
  for (const { idler } of writers) idler.say('Subject: slow\r\n\r\n');
  let tick = 0;
  const parts = 10;
  const timer = setInterval(() => {
    tick += 1;
    for (let n = tick % parts; n < writers.length; n += parts) writers[n]?.idler.say('x');
  }, octetMs / parts);
  const lost = async (clients: readonly Begun[], line: string): Promise<number> => {
    const good = await Promise.all(clients.map(async ({ idler, good: before }) => before && (await idler.asks([line, '250']))));
    return good.filter((one) => !one).length;
  };
  return {
    async finish() {
      clearInterval(timer);
      return { slowLost: await lost(writers, '\r\n.\r\n'), idleLost: await lost(idlers, 'NOOP\r\n') };
    },
    async stop() {
      clearInterval(timer);
      for (const { idler } of [...idlers, ...writers]) idler.close();
    },
  };
}

interface Begun {
  readonly idler: Idler;
  readonly good: boolean;
}

async function begun(port: number, steps: readonly (readonly [string, string])[]): Promise<Begun> {
  const idler = new Idler(port);
  return { idler, good: (await idler.hears('220')) && (await idler.asks(...steps)) };
}

async function inTurn(count: number, make: () => Promise<Begun>): Promise<Begun[]> {
  const made: Begun[] = [];
  let given = 0;
  const lane = async (): Promise<void> => {
    while (given < count) {
      given += 1;
      made.push(await make());
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  return made;
}
