/**
 * Asks a program whether a recipient exists (control/recipients `program`): exit 0 yes, 100 no, anything else cannot
 * tell. Few at a time, each within a time.
 */
import { execFile } from 'node:child_process';
import type { ByteString } from '../../protocol/mail.js';
import type { Existence } from '../../store/local-recipient.js';
import { exactText } from '../spawn/octet-shell.js';

const patienceMs = 10_000;
const mostAtOnce = 8;
const mostWaiting = 1_000;
const noSuchRecipient = 100;

export class RecipientProgram {
  readonly #words: readonly string[];
  readonly #home: string;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(words: readonly string[], home: string) {
    this.#words = words;
    this.#home = home;
  }

  async find(address: ByteString): Promise<Existence> {
    const text = exactText(address);
    if (text === undefined || text.includes('\0') || this.#waiting.length >= mostWaiting) return 'unknown';
    if (this.#running < mostAtOnce) this.#running++;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await this.#run(text);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #run(address: string): Promise<Existence> {
    const [program = '', ...words] = this.#words;
    const options = { cwd: this.#home, timeout: patienceMs, killSignal: 'SIGKILL', maxBuffer: 65_536 } as const;
    const env = { ...process.env, QMAILHOME: this.#home };
    return new Promise((settle) => {
      execFile(program, [...words, address], { ...options, env }, (error) => {
        if (error === null) settle('yes');
        else settle(error.code === noSuchRecipient ? 'no' : 'unknown');
      });
    });
  }
}
