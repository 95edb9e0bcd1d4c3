/**
 * DNS questions about clients (host names, block lists): each asked once at a time, answers kept for a while and bounded
 * in number. Decides nothing about what they mean.
 */
import { promises as dns } from 'node:dns';

/** `later`: no usable answer now. */
export type DnsAnswer = { readonly tag: 'records'; readonly records: readonly string[] } | { readonly tag: 'none' | 'later' };
export type QuestionType = 'A' | 'AAAA' | 'PTR' | 'TXT';

export interface DnsCacheOptions {
  /** `address[:port]` of the servers to ask; empty = the system's. */
  readonly nameservers: readonly string[];
  /** Milliseconds until a question is given up. */
  readonly patienceMs: number;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
}

const mostKept = 10_000;
/** Questions under way; a further one is answered `later`. */
const mostAsked = 1_000;
const mostRecords = 32;
/** Milliseconds. An answer that there is nothing is kept shorter, a failure just so long that a flood asks once. */
const keepMs = { records: 300_000, none: 120_000, later: 5_000 } as const;

/** Answers that say that there are no such records; any other failure may pass. */
const final = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);
const later: DnsAnswer = { tag: 'later' };

export class DnsCache {
  readonly #options: DnsCacheOptions;
  readonly #resolver: dns.Resolver;
  readonly #kept = new Map<string, { readonly answer: DnsAnswer; readonly until: number }>();
  readonly #asked = new Map<string, Promise<DnsAnswer>>();

  /** Throws when a name server is not `address[:port]`. */
  constructor(options: DnsCacheOptions) {
    this.#options = options;
    this.#resolver = new dns.Resolver({ timeout: Math.max(200, Math.floor(options.patienceMs / 3)), tries: 2 });
    if (options.nameservers.length > 0) this.#resolver.setServers(options.nameservers);
  }

  /** `name` without a final dot. */
  ask(type: QuestionType, name: string): Promise<DnsAnswer> {
    const key = `${type} ${name.toLowerCase()}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > this.#options.clock()) return Promise.resolve(kept.answer);
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    if (this.#asked.size >= mostAsked || !/^[\x21-\x7e]{1,253}$/.test(name)) return Promise.resolve(later);
    const asking = this.#answer(type, name).then((answer) => {
      this.#asked.delete(key);
      this.#keep(key, answer);
      return answer;
    });
    this.#asked.set(key, asking);
    return asking;
  }

  async #answer(type: QuestionType, name: string): Promise<DnsAnswer> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<DnsAnswer>((settle) => {
      timer = setTimeout(() => settle(later), this.#options.patienceMs);
    });
    try {
      return await Promise.race([this.#resolve(type, name), patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #resolve(type: QuestionType, name: string): Promise<DnsAnswer> {
    try {
      const records = (await this.#resolver.resolve(name, type)) as readonly (string | readonly string[])[];
      const texts = records.slice(0, mostRecords).map((record) => (typeof record === 'string' ? record : record.join('')));
      return texts.length === 0 ? { tag: 'none' } : { tag: 'records', records: texts };
    } catch (error) {
      return final.has((error as NodeJS.ErrnoException).code ?? '') ? { tag: 'none' } : later;
    }
  }

  #keep(key: string, answer: DnsAnswer): void {
    this.#kept.delete(key);
    const oldest = this.#kept.size < mostKept ? undefined : this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { answer, until: this.#options.clock() + keepMs[answer.tag] });
  }
}
