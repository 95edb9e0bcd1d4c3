/**
 * The text that setforward reads and printforward writes: `target: command, command;`. `#` begins a comment, blanks and line
 * ends count for nothing, a backslash makes the next octet an ordinary one. Pure.
 */
import { toByteString } from '../bytes.js';
import type { CdbRecord } from '../cdb.js';
import type { ByteString } from '../mail.js';
import { BadAliases, commandsRecord, type Instruction, instruction, nulTexts, ownerRecord } from './commands.js';

class Reader {
  readonly records: CdbRecord[] = [];
  #word = '';
  #target: ByteString | undefined;
  #commands: Instruction[] = [];

  word(text: ByteString): void {
    this.#word += text;
  }

  colon(): void {
    if (this.#target !== undefined) throw new BadAliases('double colons are not permitted');
    this.#target = this.#word;
    this.#word = '';
  }

  comma(): void {
    const target = this.#target;
    if (target === undefined) throw new BadAliases('commas are not permitted before colons');
    const word = this.#word;
    this.#word = '';
    if (word === '') return;
    if (word.startsWith('?')) this.records.push(ownerRecord(target, word.slice(1)));
    else this.#commands.push(instruction(word));
  }

  semicolon(): void {
    this.comma();
    // An owner may stand in an instruction of its own.
    if (this.#commands.length > 0) this.records.push(commandsRecord(this.#target ?? '', this.#commands));
    this.#target = undefined;
    this.#commands = [];
  }

  end(): void {
    if (this.#target !== undefined || this.#word !== '') throw new BadAliases('final instruction must end with semicolon');
  }
}

const unit = /\\([\s\S]?)|#[^\n]*|[ \t\r\n]+|[:,;]|[^\\# \t\r\n:,;]+/g;

/** Throws BadAliases. Of equal targets the first counts, as a cdb finds it. */
export function parseForward(text: ByteString): readonly CdbRecord[] {
  const reader = new Reader();
  if (text.includes('\0')) throw new BadAliases('NUL bytes are not permitted');
  for (const [whole, quoted] of text.matchAll(unit)) {
    if (quoted !== undefined) reader.word(quoted);
    else if (whole === ':') reader.colon();
    else if (whole === ',') reader.comma();
    else if (whole === ';') reader.semicolon();
    else if (!/^[# \t\r\n]/.test(whole)) reader.word(whole);
  }
  reader.end();
  return reader.records;
}

const safe = (text: ByteString): ByteString => text.replace(/[\\# \t\r\n:,;]/g, '\\$&');

/** What parseForward makes the same record of; undefined for a record that is none of fastforward's. */
export function forwardText({ key, value }: CdbRecord): ByteString | undefined {
  const name = toByteString(key);
  const target = safe(name.slice(1));
  if (name.startsWith('?')) return `${target}: ?${safe(toByteString(value))};\n`;
  const commands = nulTexts(value);
  if (!name.startsWith(':') || commands === undefined) return undefined;
  return `${target}:\n${commands.map((command) => `, ${safe(command)}\n`).join('')};\n`;
}
