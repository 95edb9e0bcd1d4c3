/**
 * Questions to the system's name service, one `getent passwd NAME...` each: few at a time, none twice within seconds, none
 * at all where the name service has only its files. Names come from addresses of strangers.
 */
import { execFile } from 'node:child_process';
import type { ByteString } from '../protocol/mail.js';
import { ParsedFile } from './parsed-file.js';

export interface GetentOptions {
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  /** The program; `getent` unless a test says otherwise. */
  readonly program?: string;
  /** The name service's configuration; /etc/nsswitch.conf unless a test says otherwise. */
  readonly nsswitch?: string;
  /** Milliseconds until an answer is given up; 10,000 unless a test says less. */
  readonly patience?: number;
}

/** Text of the answer, lines of other accounts in it too; undefined: no such account. */
export type GetentAnswer = ByteString | undefined | 'unanswered';

/** How long an answer holds, in milliseconds: a new account gets its mail this late. */
const validity = 5000;
const mostKept = 10_000;
const mostAtOnce = 4;
const mostWaiting = 1000;
/** Names that one program is asked for. */
const mostTogether = 8;
const noSuchName = 2;
const longestAnswer = 65_536;
/** Root asks too: the program is the system's, whatever the server's PATH says. */
const systemPath = '/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin';
/** What accounts are called: no option, no number alone, which would be taken for a uid. */
const possibleName = /^(?!-)(?!\d+$)[!-9;-~]+$/;

/** True when the configuration names a source of accounts beyond the files of /etc. */
export function hasOtherSources(nsswitch: ByteString): boolean {
  const line = /^[ \t]*passwd:(.*)$/m.exec(nsswitch.replace(/#.*/g, ''))?.[1] ?? '';
  const sources = line.replace(/\[[^\]]*\]/g, ' ').split(/[ \t]+/);
  return sources.some((source) => source !== '' && source !== 'files');
}

export class Getent {
  readonly #options: GetentOptions;
  readonly #configuration: ParsedFile<boolean>;
  readonly #kept = new Map<ByteString, { readonly until: number; readonly answer: Promise<GetentAnswer> }>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: GetentOptions) {
    this.#options = options;
    const parse = (bytes: Uint8Array): boolean => hasOtherSources(Buffer.from(bytes).toString('latin1'));
    this.#configuration = new ParsedFile(options.nsswitch ?? '/etc/nsswitch.conf', parse, { ms: 1000, clock: options.clock });
  }

  /** The passwd line of an account, or that there is none, or that nobody can tell now. */
  ask(name: ByteString): Promise<GetentAnswer> {
    if (!possibleName.test(name) || !this.#worthAsking()) return Promise.resolve(undefined);
    const now = this.#options.clock();
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.until > now) return kept.answer;
    if (this.#waiting.length >= mostWaiting) return Promise.resolve('unanswered');
    if (this.#kept.size >= mostKept) this.#kept.clear();
    return this.#keep(name, this.#run([name]), now);
  }

  #keep(name: ByteString, answer: Promise<GetentAnswer>, now: number): Promise<GetentAnswer> {
    const entry = { until: now + validity, answer };
    this.#kept.set(name, entry);
    // What could not be told is asked again by the next mail.
    void answer.then((text) => {
      if (text === 'unanswered' && this.#kept.get(name) === entry) this.#kept.delete(name);
    });
    return answer;
  }

  /** Asks for all of them with one program: what `ask` is told of them within seconds comes from there. */
  ahead(names: readonly ByteString[]): void {
    const now = this.#options.clock();
    const asked = names.filter((name) => possibleName.test(name) && (this.#kept.get(name)?.until ?? now) <= now);
    if (asked.length < 2 || asked.length > mostTogether || this.#kept.size > mostKept - mostTogether) return;
    if (!this.#worthAsking()) return;
    const answer = this.#run(asked);
    for (const name of asked) this.#keep(name, answer, now);
  }

  #worthAsking(): boolean {
    try {
      return this.#configuration.current() ?? false;
    } catch {
      return true;
    }
  }

  async #run(names: readonly ByteString[]): Promise<GetentAnswer> {
    if (this.#running < mostAtOnce) this.#running++;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await this.#execute(names);
    } finally {
      // The place of this one passes to who waits longest.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #execute(names: readonly ByteString[]): Promise<GetentAnswer> {
    const { program = 'getent', patience = 10_000 } = this.#options;
    const limits = { timeout: patience, killSignal: 'SIGKILL', maxBuffer: longestAnswer } as const;
    const options = { ...limits, encoding: 'latin1', cwd: '/', env: { PATH: systemPath } } as const;
    return new Promise((settle) => {
      execFile(program, ['passwd', ...names], options, (error, stdout) => {
        // With several names, one that is missing is no reason to forget the others.
        if (error === null || (error.code === noSuchName && stdout !== '')) settle(stdout);
        // A system without getent has no other accounts than its files'.
        else settle(error.code === noSuchName || error.code === 'ENOENT' ? undefined : 'unanswered');
      });
    });
  }
}
