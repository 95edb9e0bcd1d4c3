/**
 * Real messages for a load run, read from an mbox file or a Maildir and brought into wire form.
 * Reads only, and holds no more than a bound: what is beyond is left out and counted. A bare CR, which SMTP does not carry
 * (RFC 5321 §2.3.8), becomes a line end.
 */
import { existsSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

export interface ReplayMessage {
  /** Header, empty line, body: CR LF line ends, leading dots doubled, a line end at the end. */
  readonly wire: Uint8Array;
  /** CRC-32 of what follows the empty line. */
  readonly checksum: number;
  readonly eightBit: boolean;
}

export interface Replay {
  readonly messages: readonly ReplayMessage[];
  /** Messages beyond the bounds. */
  readonly leftOut: number;
  /** Messages with a NUL, which SMTP does not carry (RFC 5322 §2.2: 1 to 127): they are left out too. */
  readonly withNul: number;
  /** Messages without a line. */
  readonly empty: number;
}

const mostOctets = 256 * 2 ** 20;
const mostMessages = 100_000;
/** Octets of an mbox file. */
const largestMbox = 2 * mostOctets;
const standardInput = '-';

/** A file, a folder, or `-`: an mbox from standard input. Throws, naming the path, when there is no message to send. */
export function readReplay(place: string): Replay {
  const messages: ReplayMessage[] = [];
  let [octets, leftOut, withNul, empty] = [0, 0, 0, 0];
  const isFolder = place !== standardInput && statSync(place).isDirectory();
  for (const text of isFolder ? maildirTexts(place) : mboxTexts(place)) {
    if (text.trim() === '') empty++;
    else if (text.includes('\0')) withNul++;
    else if (messages.length >= mostMessages || octets + text.length > mostOctets) leftOut++;
    else {
      octets += text.length;
      messages.push(wireForm(text));
    }
  }
  if (messages.length === 0) {
    const why = withNul > 0 ? 'all its messages have NUL octets' : 'no message in it';
    throw new Error(`${place}: ${why}: give an mbox file or a Maildir with messages`);
  }
  return { messages, leftOut, withNul, empty };
}

/** Texts of `new` and `cur`, latin1, in the order of their names. */
function* maildirTexts(folder: string): Generator<string> {
  for (const part of ['cur', 'new']) {
    if (!existsSync(path.join(folder, part))) throw new Error(`${folder}: it has no ${part}, so it is no Maildir`);
    for (const name of readdirSync(path.join(folder, part)).sort()) {
      if (!name.startsWith('.')) yield readFileSync(path.join(folder, part, name), 'latin1');
    }
  }
}

/**
 * Messages of an mbox: from after a `From ` line, up to the next one behind an empty line or to the end. The empty line
 * that a writer puts behind each message, the last one too, and one `>` of `>From ` go.
 */
function* mboxTexts(file: string): Generator<string> {
  const text = mboxText(file);
  if (!text.startsWith('From ')) throw new Error(`${file}: line 1 does not begin with "From ": not an mbox`);
  // Looks back: the empty line may be all there is of the message before.
  const separator = /(?<=^|\n\r?\n)From [^\n]*(?:\n|$)/g;
  for (let next = separator.exec(text); next !== null; ) {
    const from = separator.lastIndex;
    next = separator.exec(text);
    const message = text.slice(from, next === null ? text.length : next.index);
    yield message.replace(/(^|\n)\r?\n$/, '$1').replace(/^>(>*From )/gm, '$1');
  }
}

function mboxText(file: string): string {
  const tooLarge = (): Error => new Error(`${file}: larger than ${largestMbox / 2 ** 20} MiB: split it`);
  if (file !== standardInput) {
    if (statSync(file).size > largestMbox) throw tooLarge();
    return readFileSync(file, 'latin1');
  }
  const pieces: string[] = [];
  const piece = Buffer.alloc(65_536);
  let octets = 0;
  for (let size = readSync(0, piece); size > 0; size = readSync(0, piece)) {
    octets += size;
    if (octets > largestMbox) throw tooLarge();
    pieces.push(piece.toString('latin1', 0, size));
  }
  return pieces.join('');
}

function wireForm(text: string): ReplayMessage {
  const lines = text.replace(/\r\n?|\n/g, '\n').replace(/\n?$/, '\n');
  const whole = /^\n|\n\n/.test(lines) ? lines : `${lines}\n`;
  const wire = Buffer.from(whole.replace(/^\./gm, '..').replaceAll('\n', '\r\n'), 'latin1');
  const split = wire.indexOf('\r\n\r\n');
  const body = wire.subarray(0, 2).toString('latin1') === '\r\n' ? wire.subarray(2) : wire.subarray(split + 4);
  return { wire, checksum: crc32(body), eightBit: /[\x80-\xff]/.test(text) };
}
