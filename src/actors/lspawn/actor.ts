/**
 * lspawn: gives every local delivery its body and a thread, and has the mail of `.qmail` forward lines
 * queued before the delivery counts as done. Who the user is, and what his .qmail says, is local's work.
 */
import { dirname, join } from 'node:path';
import { prefixBytes } from '../../protocol/bounce/prefix-bytes.js';
import { formatDate } from '../../protocol/date.js';
import type { Outcome } from '../../protocol/mail.js';
import { invokedBy, queueReceived } from '../../protocol/received.js';
import type { Settings } from '../../protocol/settings.js';
import { removeBodyFile } from '../../store/body-file.js';
import { copyBehind } from '../../store/copy-behind.js';
import { crashAt } from '../../store/crash-points.js';
import type { Body } from '../../store/queue-store.js';
import { queueUsers } from '../../store/queue-users.js';
import { type Actor, type ActorContext, type Counters, isUnanswered } from '../kernel/actor.js';
import { secondsOf } from '../kernel/clock.js';
import { ActivityLog } from '../kernel/log.js';
import type { Delivery, LocalReport, Report, Submission, WorkerDelivery } from '../messages.js';
import { type QueueFilter, serverFilter } from '../net/queue-filter.js';
import type { LocalSlots } from '../spawn/local-slots.js';

const noMessage: Outcome = { status: 'Z', text: 'qmail-spawn unable to open message. (#4.3.0)\n' };
const crashed: Outcome = { status: 'Z', text: 'qmail-local crashed.\n' };

class LspawnActor implements Actor<'lspawn'> {
  readonly #context: ActorContext<'lspawn'>;
  readonly #slots: LocalSlots;
  readonly #log: ActivityLog;
  #settings: Settings;
  #delivered = 0;
  #forwarded = 0;

  constructor(context: ActorContext<'lspawn'>, slots: LocalSlots) {
    this.#context = context;
    this.#slots = slots;
    this.#settings = context.settings;
    this.#log = new ActivityLog(context.peers.splogger, context.settings);
  }

  readonly handlers: Actor<'lspawn'>['handlers'] = { deliver: (delivery) => this.#deliver(delivery) };

  async #deliver(delivery: Delivery): Promise<Report> {
    const body = await this.#context.peers.queue.ask('read', delivery.message);
    if (body === undefined || isUnanswered(body)) return { outcomes: [noMessage] };
    let report: LocalReport;
    try {
      report = await this.#slots.deliver(this.#withBody(delivery, body), this.#settings.defaultdelivery);
    } catch (error) {
      this.#log.warning(`local delivery thread failed: ${String(error)}`);
      return { outcomes: [crashed], lost: true };
    }
    this.#delivered += 1;
    if (report.forward === undefined) return report;
    return { outcomes: [await this.#forward(delivery, body, report, report.forward)] };
  }

  /** Written out: a copy with further fields would be of another kind for the engine each time. */
  #withBody(delivery: Delivery, body: Body): WorkerDelivery {
    const { id, message, channel, host, sender, recipients, index, birth, unixSize, repeated, shared } = delivery;
    const { form } = body;
    if ('file' in body) return { ...delivery, form, file: this.#pathOf(body.file) };
    const { bytes } = body;
    return { id, message, channel, host, sender, recipients, index, birth, unixSize, repeated, shared, form, bytes };
  }

  #pathOf(file: string): string {
    return join(this.#context.queueDir, 'body', file);
  }

  /** The forward is durable before its delivery is reported: a crash in between doubles it, never loses it. */
  async #forward(
    delivery: Delivery,
    body: Body,
    report: LocalReport,
    forward: NonNullable<LocalReport['forward']>,
  ): Promise<Outcome> {
    const done = report.outcomes[0] ?? crashed;
    const filter = serverFilter(dirname(this.#context.queueDir), this.#context.queueDir);
    if (filter !== undefined) return this.#filtered(filter, body, forward, done);
    const { clock, nextQp, peers } = this.#context;
    const qp = nextQp();
    const received = queueReceived(qp, invokedBy('forward', forward.uid, queueUsers()), formatDate(secondsOf(clock)), '\n');
    const text = received + forward.prefix;
    const front = prefixBytes(text, body.form);
    const copied = await copyBehind(front, body, this.#context.queueDir);
    if (copied === undefined) return failed('qq write error or disk full (#4.3.0)');
    crashAt('forward.copied');
    const submission: Submission = {
      origin: 'forward',
      uid: forward.uid,
      qp,
      envelope: { sender: forward.sender, recipients: forward.recipients },
      form: body.form,
      unixSize: delivery.unixSize + text.length,
      ...copied,
    };
    const answer = await peers.queue.ask('submit', submission);
    if (isUnanswered(answer)) return failed('qq temporary problem (#4.3.0)');
    if (answer.tag === 'refused') {
      // Refused before anything was written: each try would leave a copy behind, just when the disk is full.
      if (answer.why !== 'storage') await this.#discard(copied);
      return failed('qq write error or disk full (#4.3.0)');
    }
    crashAt('forward.kept');
    this.#forwarded += 1;
    return { status: done.status, text: `${done.text}qp ${qp}\n` };
  }

  /** What cannot be removed now is swept later. */
  async #discard(copied: { readonly size: number; readonly file?: string }): Promise<void> {
    if (copied.file !== undefined) await removeBodyFile(this.#context.queueDir, copied.file).catch(() => undefined);
  }

  /** Queued by $QMAILQUEUE, which puts its own Received line on top. */
  async #filtered(
    filter: QueueFilter,
    body: Body,
    forward: NonNullable<LocalReport['forward']>,
    done: Outcome,
  ): Promise<Outcome> {
    const { queueDir } = this.#context;
    const copied = await copyBehind(prefixBytes(forward.prefix, body.form), body, queueDir);
    if (copied === undefined) return failed('qq write error or disk full (#4.3.0)');
    const { sender, recipients } = forward;
    const { text, qp } = await filter.submit(copied, body.form, { sender, recipients });
    await this.#discard(copied);
    if (text !== '') return failed(text.slice(1), text.startsWith('D') ? 'D' : 'Z');
    this.#forwarded += 1;
    return { status: done.status, text: `${done.text}qp ${qp}\n` };
  }

  reload(settings: Settings): void {
    this.#settings = settings;
    this.#log.reload(settings);
    this.#slots.resize(settings);
  }

  async stop(): Promise<void> {
    await this.#slots.close();
  }

  counters(): Counters {
    return {
      'lspawn.threads': this.#slots.threads,
      'lspawn.restarts': this.#slots.restarts,
      'lspawn.deliveries': this.#delivered,
      'lspawn.forwarded': this.#forwarded,
    };
  }
}

const failed = (why: string, status: 'Z' | 'D' = 'Z'): Outcome => ({
  status,
  text: `Unable to forward message: ${why}.\n`,
});

export function createLspawn(context: ActorContext<'lspawn'>, slots: LocalSlots): Actor<'lspawn'> {
  return new LspawnActor(context, slots);
}
