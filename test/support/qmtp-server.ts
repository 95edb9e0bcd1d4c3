/**
 * A QMTP server for tests: takes messages apart, answers each recipient as a script says, keeps what came.
 * It knows nothing of delivery.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export interface QmtpMessage {
  /** With its first octet, which tells the line ends. */
  readonly body: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
}

/** The octets to answer a whole message with; 'cut' ends the connection. */
export type Answer = (message: QmtpMessage) => string | 'cut';

export const netstring = (text: string): string => `${text.length}:${text},`;

/** The first netstring of a text and what follows; undefined when it is not all there. */
function split(text: string): readonly [string, string] | undefined {
  const colon = text.indexOf(':');
  const length = Number(text.slice(0, colon));
  const end = colon + 1 + length;
  if (colon < 0 || text.length <= end) return undefined;
  if (!/^[0-9]+$/.test(text.slice(0, colon)) || text[end] !== ',') throw new Error(`no netstring: ${text.slice(0, 40)}`);
  return [text.slice(colon + 1, end), text.slice(end + 1)];
}

export class QmtpServer {
  readonly messages: QmtpMessage[] = [];
  connections = 0;
  readonly #answer: Answer;
  readonly #server: Server = createServer({ noDelay: true });
  readonly #sockets = new Set<Socket>();

  constructor(answer: Answer = ({ recipients }) => recipients.map(() => netstring('Kok 1 qp 2')).join('')) {
    this.#answer = answer;
  }

  async start(address = '127.0.0.1'): Promise<number> {
    this.#server.on('connection', (socket) => this.#serve(socket));
    this.#server.listen(0, address);
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    const connection = this.connections;
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let unread = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      unread += text;
      for (let taken = take(unread, connection); taken !== undefined; taken = take(unread, connection)) {
        unread = taken[1];
        this.messages.push(taken[0]);
        const answer = this.#answer(taken[0]);
        if (answer === 'cut') socket.destroy();
        else socket.write(answer, 'latin1');
      }
    });
  }
}

function take(text: string, connection: number): readonly [QmtpMessage, string] | undefined {
  const body = split(text);
  const sender = body && split(body[1]);
  const envelope = sender && split(sender[1]);
  if (body === undefined || sender === undefined || envelope === undefined) return undefined;
  const recipients: string[] = [];
  for (let rest = envelope[0]; rest !== ''; ) {
    const next = split(rest);
    if (next === undefined) throw new Error('recipients are not netstrings');
    recipients.push(next[0]);
    rest = next[1];
  }
  return [{ body: body[0], sender: sender[0], recipients, connection }, envelope[1]];
}
