/**
 * DNS questions as the mail system asks them: MX records of a name, addresses of a name.
 * Answers are values (records, none, try later), bounded in number, kept for a short while.
 * Decides nothing about mail: which host is tried in which order is resolver.ts.
 */
import { promises as dns } from 'node:dns';
import { canonicalIp } from '../../protocol/ip-address.js';
import type { ByteString } from '../../protocol/mail.js';
import { Silence } from './silence.js';

export interface MailExchanger {
  readonly preference: number;
  /** Empty for the root name, which says "no mail here" (RFC 7505). */
  readonly name: string;
}

/** `none`: there are no such records; `alias`: but others, aliases, were in the answer. `later`: no usable answer now. */
export type Answer<T> =
  | { readonly tag: 'records'; readonly records: readonly T[] }
  | { readonly tag: 'none'; readonly alias?: true }
  | { readonly tag: 'later' };

export interface DnsOptions {
  /** `address[:port]` of the servers to ask; empty = the system's. */
  readonly nameservers: readonly string[];
  /** Milliseconds for the first attempt at a server; a later attempt waits longer. */
  readonly timeout?: number;
  /** Attempts a server. */
  readonly tries?: number;
  /** Default: one of its own. */
  readonly silence?: Silence;
}

/** Records of one answer that are looked at: the most preferred ones. A domain needs a handful. */
export const maxExchangers = 16;
const maxAddresses = 16;
const maxKept = 1000;
/** Milliseconds. The resolver library does not tell the time to live together with MX records, so this is short. */
const keepFor = 45_000;

const none = { tag: 'none' } as const;
const aliasAlone = { tag: 'none', alias: true } as const;
const later = { tag: 'later' } as const;

interface Kept {
  readonly answer: Answer<unknown>;
  readonly until: number;
}

export class DnsRecords {
  readonly #resolver: dns.Resolver;
  readonly #kept = new Map<string, Kept>();
  readonly #silence: Silence;
  readonly #asked = new Map<string, Promise<Answer<unknown>>>();

  /** Throws when a name server is not `address[:port]`. */
  constructor(options: DnsOptions) {
    this.#silence = options.silence ?? new Silence();
    this.#resolver = new dns.Resolver({ timeout: options.timeout ?? 3000, tries: options.tries ?? 2 });
    if (options.nameservers.length > 0) this.#resolver.setServers(options.nameservers);
  }

  /** MX records, most preferred first; order among equals is the server's. */
  exchangers(name: ByteString): Promise<Answer<MailExchanger>> {
    return this.#once(`mx ${name}`, name, async () => {
      const records = await this.#resolver.resolveMx(name);
      const sorted = records
        .map((r) => ({ preference: r.priority, name: r.exchange }))
        .sort((a, b) => a.preference - b.preference);
      return sorted.slice(0, maxExchangers);
    });
  }

  addresses(name: ByteString, family: 4 | 6): Promise<Answer<string>> {
    return this.#once(`a${family} ${name}`, name, async () => {
      const records = family === 4 ? await this.#resolver.resolve4(name) : await this.#resolver.resolve6(name);
      // One spelling each: `::ffff:1.2.3.4` is the IPv4 address, and may be this machine's own or a dead one.
      const addresses = new Set(records.map(canonicalIp).filter((address) => address !== undefined));
      return [...addresses].slice(0, maxAddresses);
    });
  }

  async #once<T>(key: string, name: ByteString, ask: () => Promise<readonly T[]>): Promise<Answer<T>> {
    if (!isAskable(name)) return none;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > performance.now()) return kept.answer as Answer<T>;
    const asked = this.#asked.get(key) as Promise<Answer<T>> | undefined;
    if (asked !== undefined) return asked;
    if (!this.#silence.mayAsk()) return later;
    const begun = performance.now();
    const asking = ask().then(
      (records): Answer<T> => {
        this.#silence.ended(begun, true);
        return records.length === 0 ? aliasAlone : { tag: 'records', records };
      },
      (error: unknown) => {
        this.#silence.ended(begun, codeOf(error) !== 'ETIMEOUT');
        return classify(error);
      },
    );
    this.#asked.set(key, asking);
    const answer = await asking;
    this.#asked.delete(key);
    if (answer.tag === 'records') this.#keep(key, answer);
    return answer;
  }

  #keep(key: string, answer: Answer<unknown>): void {
    this.#kept.delete(key);
    if (this.#kept.size >= maxKept) {
      const oldest = this.#kept.keys().next();
      if (oldest.done !== true) this.#kept.delete(oldest.value);
    }
    this.#kept.set(key, { answer, until: performance.now() + keepFor });
  }
}

/** Only printable ASCII goes to the resolver library: it would cut a name at a NUL and rewrite other octets. */
function isAskable(name: ByteString): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(name) && name !== '.';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** No such name, no such type, and no possible name are final; everything else may pass (spec remote.md §3.3). */
function classify(error: unknown): { readonly tag: 'none' } | { readonly tag: 'later' } {
  const code = codeOf(error);
  return code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME' ? none : later;
}
