/**
 * An SMTP server that follows a script, one a connection: the steps of the recorded remote cases.
 * Keeps what each client sent. It knows nothing of SMTP beyond lines and the line with a single dot.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** `line`: wait for one line. `data`: wait for the line with a single dot. `sleep`: seconds. `close`: end the connection; `reset`: by RST. */
export type Step =
  | { readonly send: string }
  | { readonly line: true }
  | { readonly data: true }
  | { readonly sleep: number }
  | { readonly close: true }
  | { readonly reset: true };

export class ScriptedSmtpServer {
  /** What the clients sent, one entry a connection in the order they came (latin1). */
  readonly received: string[] = [];
  readonly #scripts: readonly (readonly Step[])[];
  readonly #server: Server = createServer({ noDelay: true });
  readonly #sockets = new Set<Socket>();

  /** The n-th connection gets the n-th script, later ones the last. */
  constructor(...scripts: readonly (readonly Step[])[]) {
    this.#scripts = scripts;
  }

  /** Resolves to the port. */
  async start(address = '127.0.0.1', port = 0): Promise<number> {
    this.#server.on('connection', (socket) => this.#serve(socket));
    this.#server.listen(port, address);
    await once(this.#server, 'listening');
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('SMTP server: no port');
    return bound.port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Resolves when no client is connected any more: what they sent is complete. */
  async quiet(): Promise<void> {
    for (const socket of this.#sockets) if (!socket.closed) await once(socket, 'close');
  }

  #serve(socket: Socket): void {
    const index = this.received.length;
    this.received.push('');
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const steps = this.#scripts[Math.min(index, this.#scripts.length - 1)] ?? [];
    const player = new Player(socket, steps);
    socket.on('data', (bytes) => {
      this.received[index] += bytes.toString('latin1');
      player.more(bytes.toString('latin1'));
    });
    player.play();
  }
}

class Player {
  readonly #socket: Socket;
  readonly #steps: readonly Step[];
  #at = 0;
  #unread = '';
  #asleep = false;

  constructor(socket: Socket, steps: readonly Step[]) {
    this.#socket = socket;
    this.#steps = steps;
  }

  more(text: string): void {
    this.#unread += text;
    this.play();
  }

  play(): void {
    while (!this.#asleep && this.#at < this.#steps.length) {
      const step = this.#steps[this.#at];
      if (step === undefined || !this.#take(step)) return;
      this.#at += 1;
    }
    if (this.#at >= this.#steps.length) this.#unread = '';
  }

  /** False: the step still waits for the client. */
  #take(step: Step): boolean {
    if ('send' in step) this.#socket.write(step.send, 'latin1');
    else if ('line' in step) return this.#skipLine();
    else if ('data' in step) return this.#skipData();
    else if ('sleep' in step) {
      this.#asleep = true;
      setTimeout(() => {
        this.#asleep = false;
        this.play();
      }, step.sleep * 1000).unref();
    } else if ('close' in step) this.#socket.end();
    else this.#socket.resetAndDestroy();
    return true;
  }

  #skipLine(): boolean {
    const end = this.#unread.indexOf('\n');
    if (end < 0) return false;
    this.#unread = this.#unread.slice(end + 1);
    return true;
  }

  #skipData(): boolean {
    if (this.#unread.startsWith('.\r\n')) {
      this.#unread = this.#unread.slice(3);
      return true;
    }
    const end = this.#unread.indexOf('\r\n.\r\n');
    if (end < 0) return false;
    this.#unread = this.#unread.slice(end + 5);
    return true;
  }
}

/** Runs `body` with a server that plays the scripts, and stops it whatever happens. */
export async function withServer(
  scripts: readonly (readonly Step[])[],
  body: (port: number, server: ScriptedSmtpServer) => Promise<void>,
): Promise<void> {
  const server = new ScriptedSmtpServer(...scripts);
  try {
    await body(await server.start(), server);
  } finally {
    await server.stop();
  }
}
