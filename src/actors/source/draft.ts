/**
 * The beginning of a message as octets in which only numbers change: they stand in fields of fixed width and are written
 * in place, so that a message costs neither text nor memory of its own. Makes bytes; knows nothing of what they say.
 */

/** Runs of these characters in a pattern are its fields; no address, date or header name holds one of them. */
const fieldMarks = { sequence: '\x01', checksum: '\x02', sentUs: '\x03' } as const;
type Field = keyof typeof fieldMarks;

/** Digits of a number and of a moment; the checksum has eight, hexadecimal. */
export const sequenceDigits = 9;
const momentDigits = 15;

/** Stand for the fields in the text that a pattern is made from. */
export const fields: Readonly<Record<Field, string>> = {
  sequence: fieldMarks.sequence.repeat(sequenceDigits),
  checksum: fieldMarks.checksum.repeat(8),
  sentUs: fieldMarks.sentUs.repeat(momentDigits),
};

const zero = 48;
const hexadecimal = Buffer.from('0123456789abcdef');

export class Pattern {
  readonly text: Buffer;
  readonly sequenceAt: readonly number[];
  readonly checksumAt: number;
  readonly sentAt: number;

  constructor(text: string) {
    this.text = Buffer.from(text, 'latin1');
    const found: number[] = [];
    for (let at = text.indexOf(fields.sequence); at !== -1; at = text.indexOf(fields.sequence, at + 1)) found.push(at);
    this.sequenceAt = found;
    this.checksumAt = text.indexOf(fields.checksum);
    this.sentAt = text.indexOf(fields.sentUs);
  }
}

export class Draft {
  #pattern: Pattern | undefined;
  #octets = Buffer.alloc(0);

  /** The same octets each time as long as the pattern is the same; the checksum's field is left open. */
  numbered(pattern: Pattern, sequence: number, sentUs: number): Buffer {
    if (pattern !== this.#pattern) {
      this.#pattern = pattern;
      this.#octets = Buffer.from(pattern.text);
    }
    for (const at of pattern.sequenceAt) putNumber(this.#octets, at, sequenceDigits, sequence);
    putNumber(this.#octets, pattern.sentAt, momentDigits, sentUs);
    return this.#octets;
  }

  /** Completes them. */
  checked(pattern: Pattern, checksum: number): void {
    for (let i = 7, left = checksum; i >= 0; i--, left >>>= 4) {
      this.#octets[pattern.checksumAt + i] = hexadecimal[left & 15] as number;
    }
  }
}

/** All digits of a whole number, with zeros before it. */
function putNumber(into: Buffer, at: number, digits: number, value: number): void {
  let left = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = Math.floor(left / 10);
    into[i] = zero + left - tenth * 10;
    left = tenth;
  }
}
