/**
 * One SMTP session on two descriptors: the server's session and the listener's policy, a hand-over to the queue for each
 * message. It listens nowhere and knows of the client what the environment says.
 */
import { SmtpPolicy } from '../../../actors/smtpd/policy.js';
import { formatDate } from '../../../protocol/date.js';
import type { ByteString } from '../../../protocol/mail.js';
import { serverReceived } from '../../../protocol/received.js';
import { WireToUnix } from '../../../protocol/smtp/data.js';
import { SmtpServerSession } from '../../../protocol/smtp/server.js';
import type { SmtpDecision, SmtpServerEvent } from '../../../protocol/smtp/session.js';
import { moreRcptHosts } from '../../../store/more-rcpthosts.js';
import { type Call, complainTo } from '../../call.js';
import { type QueueAnswer, type QueueHandOver, queueHandOver } from '../../queue/hand-over.js';
import type { WireInput } from '../../wire/input.js';
import type { WireOutput } from '../../wire/output.js';
import type { SmtpdSettings } from './settings.js';

const quietly = 0;
const brokenOff = 1;
/** The node's state is its own; this session has no part in it. */
const board = { get: () => false };

const seconds = (): number => Math.floor(Date.now() / 1000);

export class SmtpdService {
  readonly #call: Call;
  readonly #settings: SmtpdSettings;
  readonly #session: SmtpServerSession;
  readonly #policy: SmtpPolicy;
  #helo: ByteString | undefined;
  #queue: QueueHandOver | undefined;
  #unix = new WireToUnix();
  #envelope: { readonly sender: ByteString; readonly recipients: readonly ByteString[] } = { sender: '', recipients: [] };

  constructor(call: Call, settings: SmtpdSettings) {
    this.#call = call;
    this.#settings = settings;
    this.#session = new SmtpServerSession(settings.session);
    this.#policy = new SmtpPolicy(
      settings.policy,
      board,
      moreRcptHosts(call.home, () => performance.now()),
      settings.recipients,
    );
  }

  /** Speaks to the end of the session; its exit code. */
  async run(input: WireInput, output: WireOutput): Promise<number> {
    const { timeoutMs } = this.#settings;
    const flush = async (): Promise<boolean> => {
      const octets = this.#session.output();
      return octets === '' || output.write(octets, timeoutMs);
    };
    for (;;) {
      if (!(await flush())) break;
      const piece = await input.read(timeoutMs);
      if (piece === 'end') break;
      if (piece === 'timeout') this.#session.end(451, 'timeout (#4.4.2)');
      const ended = piece === 'timeout' ? brokenOff : await this.#take(piece);
      if (ended === undefined) continue;
      await this.#queue?.abandon();
      await flush();
      return ended;
    }
    await this.#queue?.abandon();
    return brokenOff;
  }

  /** The exit code once the session is over. */
  async #take(piece: Uint8Array): Promise<number | undefined> {
    this.#session.receive(piece);
    for (let event = this.#session.next(); event !== undefined; event = this.#session.next()) {
      if (event.tag === 'quit') return quietly;
      if (event.tag === 'broken') return brokenOff;
      const decision = await this.#decision(event);
      if (decision !== undefined) this.#session.decide(decision);
    }
    return undefined;
  }

  async #decision(event: SmtpServerEvent): Promise<SmtpDecision | undefined> {
    switch (event.tag) {
      case 'helo':
        this.#helo = event.name;
        return undefined;
      case 'mail':
        return this.#policy.mail(event.sender);
      case 'rcpt': {
        const decision = this.#policy.rcpt(event.sender, event.recipient, this.#settings.relayclient);
        return this.#policy.existing(decision, event.recipient);
      }
      case 'data':
        return this.#data(event.sender, event.recipients);
      case 'body':
        await this.#queue?.write(this.#unix.push(event.bytes));
        return undefined;
      case 'end':
        return this.#end(event.refused !== undefined);
      default:
        return undefined;
    }
  }

  async #data(sender: ByteString, recipients: readonly ByteString[]): Promise<SmtpDecision> {
    const { env } = this.#call;
    this.#envelope = { sender, recipients };
    this.#unix = new WireToUnix();
    this.#queue = await queueHandOver(this.#call);
    const from = {
      remoteHost: env.get('TCPREMOTEHOST'),
      remoteIp: env.get('TCPREMOTEIP'),
      remoteInfo: env.get('TCPREMOTEINFO'),
      helo: this.#helo,
      local: env.get('TCPLOCALHOST') ?? env.get('TCPLOCALIP'),
      protocol: 'SMTP',
    };
    await this.#queue.write(Buffer.from(serverReceived(from, formatDate(seconds()), '\n'), 'latin1'));
    return { accept: true };
  }

  async #end(refused: boolean): Promise<SmtpDecision | undefined> {
    const queue = this.#queue;
    this.#queue = undefined;
    if (queue === undefined) return undefined;
    if (refused) {
      await queue.abandon();
      return undefined;
    }
    await queue.write(this.#unix.end());
    const answered = await queue.commit(this.#envelope);
    if (answered.detail !== '') complainTo(this.#call, `qmail-smtpd: ${answered.detail}`);
    return answer(answered);
  }
}

function answer({ text, qp }: QueueAnswer): SmtpDecision {
  if (text === '') return { accept: true, text: `ok ${seconds()} qp ${qp}` };
  return { accept: false, code: text.startsWith('D') ? 554 : 451, text: text.slice(1) };
}
