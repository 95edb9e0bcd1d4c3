/**
 * A QMTP or QMQP session on descriptors 0 and 1 for a client that a program such as tcpserver took in (spec
 * qmtp-qmqp.md §2, §3): each message to $QMAILQUEUE or into the queue of the home. Listens nowhere.
 */
import type { HereCheck } from '../../../actors/net/here-check.js';
import { formatDate } from '../../../protocol/date.js';
import type { ByteString } from '../../../protocol/mail.js';
import { type PackageEvent, type PackageSession, unknownRecipient } from '../../../protocol/package-session.js';
import { serverReceived } from '../../../protocol/received.js';
import { type Call, complainTo } from '../../call.js';
import { type QueueHandOver, queueHandOver } from '../../queue/hand-over.js';
import { wireInput } from '../../wire/input.js';
import { type WireOutput, wireOutput } from '../../wire/output.js';

/** The whole connection may last so long, in milliseconds. */
const longestMs = 3_600_000;
const quietly = 0;
const temporary = 111;

const seconds = (): number => Math.floor(Date.now() / 1000);

/**
 * Speaks to the end of the connection; the exit code: 0, or 100 or 111 as the session says. `recipients` is asked whom it knows;
 * undefined: nobody is asked.
 */
export async function servePackages(
  call: Call,
  protocol: 'QMTP' | 'QMQP',
  session: PackageSession,
  recipients: HereCheck | undefined,
): Promise<number> {
  const output = wireOutput(call.descriptor(1));
  const input = wireInput(call.descriptor(0));
  const service = new PackageService(call, protocol, session, output, recipients);
  try {
    for (;;) {
      const piece = await input.read(service.left);
      if (piece === 'end') return quietly;
      if (piece === 'timeout') return temporary;
      const ended = await service.take(piece);
      if (ended !== undefined) return ended;
    }
  } finally {
    await service.abandon();
    input.close();
    output.close();
  }
}

class PackageService {
  readonly #call: Call;
  readonly #protocol: 'QMTP' | 'QMQP';
  readonly #session: PackageSession;
  readonly #output: WireOutput;
  readonly #recipients: HereCheck | undefined;
  readonly #until = performance.now() + longestMs;
  #queue: QueueHandOver | undefined;

  constructor(
    call: Call,
    protocol: 'QMTP' | 'QMQP',
    session: PackageSession,
    output: WireOutput,
    recipients: HereCheck | undefined,
  ) {
    this.#call = call;
    this.#protocol = protocol;
    this.#session = session;
    this.#output = output;
    this.#recipients = recipients;
  }

  /** Milliseconds that the connection may still last, at least 1. */
  get left(): number {
    return Math.max(1, this.#until - performance.now());
  }

  /** The exit code once the session is over. `piece` is valid during the call only. */
  async take(piece: Uint8Array): Promise<number | undefined> {
    this.#session.receive(piece);
    for (let event = this.#session.next(); event !== undefined; event = this.#session.next()) {
      const ended = await this.#handle(event);
      if (ended !== undefined) return ended;
    }
    this.#session.retain();
    return undefined;
  }

  async #handle(event: PackageEvent): Promise<number | undefined> {
    switch (event.tag) {
      case 'message':
        await this.#begin();
        return undefined;
      case 'body':
        // The hand-over may keep it for a while.
        await this.#queue?.write(new Uint8Array(event.bytes));
        return undefined;
      case 'end':
        if (event.settled) await this.abandon();
        else await this.#takeKnown(event);
        return (await this.#flush()) ? undefined : quietly;
      case 'quit':
        return quietly;
      case 'broken':
        return event.fault;
    }
  }

  async #begin(): Promise<void> {
    const { env } = this.#call;
    this.#queue = await queueHandOver(this.#call);
    const from = {
      remoteHost: env.get('TCPREMOTEHOST'),
      remoteIp: env.get('TCPREMOTEIP'),
      remoteInfo: env.get('TCPREMOTEINFO'),
      helo: undefined,
      local: env.get('TCPLOCALHOST') ?? env.get('TCPLOCALIP'),
      protocol: this.#protocol,
    };
    await this.#queue.write(Buffer.from(serverReceived(from, formatDate(seconds()), '\n'), 'latin1'));
  }

  /** Without the recipients that do not exist here. */
  async #takeKnown({ sender, recipients }: Extract<PackageEvent, { tag: 'end' }>): Promise<void> {
    const unknown = await this.#recipients?.unknown(recipients);
    const known = unknown === undefined || unknown.size === 0 ? recipients : this.#session.without(unknown);
    // A package to nobody at all is taken, as qmail takes it.
    if (known.length > 0 || recipients.length === 0) await this.#commit({ sender, recipients: known });
    else {
      await this.abandon();
      this.#session.decide(unknownRecipient);
    }
  }

  async #commit(envelope: { readonly sender: ByteString; readonly recipients: readonly ByteString[] }): Promise<void> {
    const queue = this.#queue;
    this.#queue = undefined;
    if (queue === undefined) return;
    const { text, qp, detail } = await queue.commit(envelope);
    if (detail !== '') complainTo(this.#call, `qmail-${this.#protocol.toLowerCase()}d: ${detail}`);
    this.#session.decide(text === '' ? `Kok ${seconds()} qp ${qp}` : text);
  }

  /** False when the client does not take its answer. */
  async #flush(): Promise<boolean> {
    const octets = this.#session.output();
    return octets === '' || this.#output.write(octets, this.left);
  }

  /** A message that was begun and is not complete is not queued. */
  async abandon(): Promise<void> {
    const queue = this.#queue;
    this.#queue = undefined;
    await queue?.abandon();
  }
}
