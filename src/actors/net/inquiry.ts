/**
 * What is found out about a client before it is greeted, as options of its listener say: its host name, who its ident
 * server says it is, whether DNS lists block it. Each within a time; no answer counts as none. Never rejects.
 */
import { reverseName } from '../../protocol/ident.js';
import { canonicalIp, ipv6Groups } from '../../protocol/ip-address.js';
import type { InquirySetting } from '../../protocol/listener-options.js';
import type { ClientNames } from '../../protocol/tcprules-lookup.js';
import type { Rights } from './access.js';
import { askIdent, type ConnectionEnds } from './ask-ident.js';
import { askLists } from './block-lists.js';
import { DnsCache } from './dns-cache.js';

export interface InquiryPlace {
  /** control/nameservers; $TQMAIL_DNS comes before it. */
  readonly nameservers: readonly string[];
  readonly clock: () => number;
}

const mostNames = 4;

export class Inquiry {
  readonly #setting: InquirySetting;
  readonly #names: DnsCache | undefined;
  readonly #lists: DnsCache | undefined;
  readonly #portOffset: number;

  constructor(setting: InquirySetting, { nameservers, clock }: InquiryPlace) {
    const given = (process.env.TQMAIL_DNS ?? '').split(/[\s,]+/).filter((server) => server !== '');
    const servers = given.length > 0 ? given : nameservers;
    const cache = (seconds: number): DnsCache => new DnsCache({ nameservers: servers, patienceMs: seconds * 1000, clock });
    this.#setting = setting;
    this.#names = setting.hostname === undefined ? undefined : cache(setting.hostname);
    this.#lists = setting.lists.length === 0 ? undefined : cache(setting.listSeconds);
    const offset = Number(process.env.TQMAIL_PORT_OFFSET ?? 0);
    this.#portOffset = Number.isInteger(offset) && offset >= 0 ? offset : 0;
  }

  /** The client's rights, `decide` being the access rules. Those that may relay, or are known already, are not looked up in lists. */
  async rights(ends: ConnectionEnds, decide: (client: ClientNames) => Rights | undefined): Promise<Rights | undefined> {
    const ip = ends.remote.address;
    const [host, info] = await Promise.all([this.#hostInTime(ip), this.#infoOf(ends)]);
    const rights = decide({ ip, host, info });
    if (rights === undefined || this.#lists === undefined) return rights;
    if (rights.blocked !== undefined || rights.unlisted === true || rights.relayclient !== undefined) return rights;
    const { lists: sources, hard, failClosed } = this.#setting;
    return { ...rights, blocked: await askLists(ip, { sources, hard, failClosed }, this.#lists) };
  }

  async #hostInTime(ip: string): Promise<string | undefined> {
    const { hostname } = this.#setting;
    if (hostname === undefined) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((settle) => {
      timer = setTimeout(() => settle(undefined), hostname * 1000);
    });
    try {
      return await Promise.race([this.#hostOf(ip), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A name counts only when it leads back to the address: anybody can call his address what he likes. */
  async #hostOf(ip: string): Promise<string | undefined> {
    const dns = this.#names;
    const address = canonicalIp(ip);
    if (dns === undefined || address === undefined) return undefined;
    const groups = ipv6Groups(address);
    const named = await dns.ask('PTR', reverseName(address, groups));
    if (named.tag !== 'records') return undefined;
    for (const name of named.records.slice(0, mostNames)) {
      const back = await dns.ask(groups === undefined ? 'A' : 'AAAA', name);
      const leadsBack = back.tag === 'records' && back.records.some((record) => canonicalIp(record) === address);
      if (leadsBack && /^[a-z0-9._-]+$/i.test(name)) return name.toLowerCase();
    }
    return undefined;
  }

  async #infoOf(ends: ConnectionEnds): Promise<string | undefined> {
    if (this.#setting.ident === undefined) return undefined;
    const info = await askIdent(ends, this.#setting.ident, this.#portOffset);
    return info === '' ? undefined : info;
  }
}
