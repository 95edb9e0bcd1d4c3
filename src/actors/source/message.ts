/**
 * The messages of a load run: each with its own ledger mark and first line, with fillings of the sizes of the mix; or
 * real messages, each with a mark before its own header. Makes bytes; sends nothing.
 */
import { formatLedgerMark, ledgerMarkLine, ledgerRecipient } from '../../protocol/ledger.js';
import type { Transaction } from '../../protocol/smtp/session.js';
import type { ReplayMessage } from '../../store/replay-messages.js';
import { Checksums } from './checksums.js';
import { type Draft, fields, Pattern, sequenceDigits } from './draft.js';
import { Mix, type Weighted } from './mix.js';

export interface MessageSettings {
  /** Eight hexadecimal digits. */
  readonly run: string;
  readonly messages: number;
  /** Octets of body in wire form; the first line (20 octets) is always there. */
  readonly sizes: readonly Weighted<number>[];
  readonly sender: string;
  /** `#` stands for the recipient's number. */
  readonly pattern: string;
  /** In place of the pattern's domain; empty: as the pattern says. */
  readonly domains: readonly Weighted<string>[];
  readonly recipients: number;
  /** Sent in turn in place of made ones, when there are any. */
  readonly replay: readonly ReplayMessage[];
}

/** Everything that messages of one recipient domain share. */
interface Addressed {
  readonly pattern: string;
  readonly recipients: readonly string[];
  readonly head: Pattern;
}

interface Filling {
  readonly rest: Buffer;
  readonly checksums: Checksums;
}

const lineLength = 74;
/** Every so many lines one begins with a dot, which is doubled on the wire. */
const dottedEvery = 20;
const [sizeSalt, domainSalt] = [0x51e5, 0x0d04a19];

export class LoadMessages {
  readonly #settings: MessageSettings;
  readonly #fillings: Mix<Filling>;
  readonly #addressed: Mix<Addressed>;

  constructor(settings: MessageSettings) {
    const { run, sizes, pattern, domains } = settings;
    this.#settings = settings;
    const line = (sequence: number): string => firstLine(run, `${sequence}`.padStart(sequenceDigits, '0'));
    this.#fillings = new Mix(
      sizes.map(({ value, weight }) => {
        const rest = filling(value - line(0).length);
        return { value: { rest, checksums: new Checksums(line, rest, sequenceDigits) }, weight };
      }),
      sizeSalt,
    );
    const local = pattern.slice(0, pattern.lastIndexOf('@') + 1);
    const patterns =
      domains.length === 0
        ? [{ value: pattern, weight: 1 }]
        : domains.map(({ value, weight }) => ({ value: local + value, weight }));
    this.#addressed = new Mix(
      patterns.map(({ value, weight }) => ({ value: this.#address(value), weight })),
      domainSalt,
    );
  }

  /**
   * The body is good until the draft is used for the next message.
   * @param sentUs when it is sent, or was planned to be: whole microseconds of the system's monotonic clock
   */
  message(sequence: number, sentUs: number, draft: Draft): Transaction {
    const { run, messages, recipients: count, sender, replay } = this.#settings;
    const { pattern, recipients, head } = this.#addressed.choose(sequence);
    const real = replay.length === 0 ? undefined : replay[sequence % replay.length];
    if (real !== undefined) {
      const { wire, eightBit, checksum } = real;
      const mark = formatLedgerMark({ run, sequence, messages, recipients: count, checksum, pattern, sentUs });
      const before = Buffer.from(`${mark}\r\n`, 'latin1');
      return { sender, recipients, body: [before, wire], size: before.length + wire.length, eightBit };
    }
    const { rest, checksums } = this.#fillings.choose(sequence);
    const own = draft.numbered(head, sequence, sentUs);
    draft.checked(head, checksums.of(sequence, own));
    return { sender, recipients, body: [own, rest], size: own.length + rest.length };
  }

  #address(pattern: string): Addressed {
    const { run, messages, recipients: count, sender } = this.#settings;
    const recipients = Array.from({ length: count }, (_, index) => ledgerRecipient(pattern, index));
    const date = new Date().toUTCString().replace('GMT', '+0000');
    const { sequence, checksum, sentUs } = fields;
    const mark = ledgerMarkLine({ run, messages, recipients: count, pattern }, sequence, checksum, sentUs);
    const shared = `From: <${sender}>\r\nTo: <${recipients[0] ?? ''}>\r\nDate: ${date}\r\n`;
    const own = `Subject: load ${sequence}\r\nMessage-ID: <${run}.${sequence}@load.test>\r\n`;
    const head = new Pattern(`${mark}\r\n${shared}${own}\r\n${firstLine(run, sequence)}`);
    return { pattern, recipients, head };
  }
}

function firstLine(run: string, sequence: string): string {
  return `${run} ${sequence}\r\n`;
}

/** `size` octets of lines in wire form, ended by CR LF; nothing when there is no room for one. */
function filling(size: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, size), 'x');
  for (let at = 0, line = 0; at < bytes.length; at += lineLength, line++) {
    const end = Math.min(at + lineLength, bytes.length);
    // A dotted line needs room for more than its dots and CR LF, or it could read as the end of the message.
    if (line % dottedEvery === dottedEvery - 1 && end - at > 8) bytes.write('..', at, 'latin1');
    if (end - at >= 2) bytes.write('\r\n', end - 2, 'latin1');
  }
  // A last piece of one octet would be a line without an end.
  return bytes.length % lineLength === 1 ? bytes.subarray(0, -1) : bytes;
}
