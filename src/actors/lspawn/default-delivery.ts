/**
 * The instructions for users without a .qmail file, as lspawnd knows them: what it was started with, else
 * control/defaultdelivery, read by root itself; never taken from a request.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../protocol/mail.js';
import { OnceATurn } from '../../store/once-a-turn.js';

const largest = 65535;

export class DefaultDelivery {
  readonly #path: string;
  readonly #given: ByteString | undefined;
  readonly #turn = new OnceATurn();
  #mark = '';
  #error: unknown;
  #text: ByteString = './Mailbox';

  /** `given` stands in for the file. */
  constructor(home: string, given?: ByteString) {
    this.#given = given;
    this.#path = join(home, 'control', 'defaultdelivery');
  }

  /** The text in force in this turn of the event loop. Throws the system's error when the file is there and cannot be read. */
  current(): ByteString {
    if (this.#given !== undefined) return this.#given;
    if (this.#turn.due) this.#look();
    if (this.#error !== undefined) throw this.#error;
    return this.#text;
  }

  #look(): void {
    this.#error = undefined;
    try {
      this.#read();
    } catch (error) {
      this.#error = error;
    }
  }

  #read(): void {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    const mark = found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    if (mark !== this.#mark) {
      const text = found === undefined ? '' : readFileSync(this.#path, 'latin1').slice(0, largest);
      this.#text = text.replace(/\n+$/, '') || './Mailbox';
      this.#mark = mark;
    }
  }
}
