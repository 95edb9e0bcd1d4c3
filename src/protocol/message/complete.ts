/**
 * What qmail-inject adds to a header, deletes from it and takes out of it (spec inject.md §2, §3): a pure function
 * of the fields, the environment's names and the clock.
 */
import { formatDate } from '../date.js';
import type { ByteString } from '../mail.js';
import { quoteAddress } from '../address.js';
import { type Address, mapAddresses } from './address-list.js';
import { fieldName } from './header-lines.js';
import { type RewriteHosts, rewriter } from './rewrite.js';
import { parseTokens, plainText, printTokens, type Token } from './tokens.js';

export interface Author {
  readonly user: ByteString;
  readonly host: ByteString;
  /** Undefined: no name in From. */
  readonly name: ByteString | undefined;
}

export interface CompleteOptions {
  readonly hosts: RewriteHosts;
  readonly idhost: ByteString;
  readonly from: Author;
  /** The envelope sender when neither `sender` nor a Return-Path says another. */
  readonly defaultSender: { readonly user: ByteString; readonly host: ByteString };
  /** -f: as given, rewritten like an address. */
  readonly sender: ByteString | undefined;
  /** Letters of $QMAILINJECT (spec inject.md §2.1). */
  readonly flags: { readonly [letter in 'c' | 's' | 'f' | 'i' | 'r' | 'm']: boolean };
  /** Addresses of mailing lists in lower case ($QMAILMFTFILE); undefined: no Mail-Followup-To is made. */
  readonly lists: ReadonlySet<ByteString> | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  readonly pid: number;
}

export interface Completed {
  readonly header: ByteString;
  readonly sender: ByteString;
  /** From the header, in qmail's order: within a field the last first. */
  readonly recipients: readonly ByteString[];
}

export type CompleteResult = Completed | { readonly tag: 'cannot parse'; readonly line: ByteString };

const lineWidth = 80;
const recipientFields = ['to', 'cc', 'bcc', 'apparently-to'];
const resentRecipientFields = ['resent-to', 'resent-cc', 'resent-bcc'];
const senderFields = [
  'sender',
  'from',
  'reply-to',
  'return-receipt-to',
  'errors-to',
  'resent-sender',
  'resent-from',
  'resent-reply-to',
];
const dropped = ['bcc', 'resent-bcc', 'return-path', 'content-length'];
const resentMarks = [
  'resent-sender',
  'resent-from',
  'resent-reply-to',
  'resent-to',
  'resent-cc',
  'resent-bcc',
  'resent-date',
  'resent-message-id',
];

/** Hosts that cannot be parsed are the administrator's mistake: addresses then stay as they are. */
function rewriting(hosts: RewriteHosts): (address: Address) => Address {
  return rewriter(hosts) ?? ((address) => address);
}

/** One address given outside of a header (an argument, -f), rewritten; undefined when it cannot be one. */
export function completeAddress(address: ByteString, hosts: RewriteHosts): ByteString | undefined {
  if (address === '') return '';
  const tokens = parseTokens(quoteAddress(address));
  return tokens === undefined ? undefined : plainText(rewriting(hosts)(tokens));
}

export function completeHeader(fields: readonly ByteString[], options: CompleteOptions): CompleteResult {
  const reading = new Reading(options);
  for (const field of fields) {
    if (!reading.take(field)) return { tag: 'cannot parse', line: field };
  }
  return reading.finish();
}

class Reading {
  readonly #options: CompleteOptions;
  readonly #rewrite: (address: Address) => Address;
  readonly #seen = new Set<string>();
  readonly #saved: ByteString[] = [];
  readonly #recipients: ByteString[] = [];
  readonly #resentRecipients: ByteString[] = [];
  readonly #toAndCc: ByteString[] = [];
  #returnPath: ByteString | undefined;

  constructor(options: CompleteOptions) {
    this.#options = options;
    this.#rewrite = rewriting(options.hosts);
  }

  /** False when the field cannot be parsed and must be. */
  take(field: ByteString): boolean {
    const { flags } = this.#options;
    const name = fieldName(field) ?? '';
    if ((name === 'from' && flags.f) || (name === 'message-id' && flags.i)) return true;
    if (name === 'return-path' && flags.s) return true;
    this.#seen.add(name);
    const changed = this.#field(name, field);
    if (changed === undefined) return false;
    if (!dropped.includes(name)) this.#saved.push(changed);
    return true;
  }

  #field(name: string, field: ByteString): ByteString | undefined {
    if (recipientFields.includes(name)) return this.#addresses(field, this.#recipients, name === 'to' || name === 'cc') ?? field;
    if (resentRecipientFields.includes(name)) return this.#addresses(field, this.#resentRecipients, false) ?? field;
    if (name === 'return-path') {
      const found: ByteString[] = [];
      const changed = this.#addresses(field, found, false);
      this.#returnPath = found[0] ?? this.#returnPath;
      return changed;
    }
    return senderFields.includes(name) ? this.#addresses(field, [], false) : field;
  }

  /** The field with its addresses rewritten; undefined when it cannot be parsed. */
  #addresses(field: ByteString, into: ByteString[], listed: boolean): ByteString | undefined {
    const tokens = parseTokens(field);
    const [name, colon, ...list] = tokens ?? [];
    if (name === undefined || colon?.kind !== ':') return undefined;
    const found: ByteString[] = [];
    const mapped = mapAddresses(list, (address) => {
      const rewritten = this.#rewrite(address);
      found.push(plainText(rewritten));
      return rewritten;
    });
    if (mapped === undefined) return undefined;
    into.push(...found);
    if (listed) this.#toAndCc.push(...found);
    return printTokens([name, colon, ...mapped], lineWidth);
  }

  finish(): Completed {
    const resent = resentMarks.some((name) => this.#seen.has(name));
    const added = resent ? this.#added('Resent-') : this.#added('');
    return {
      header: [...added, ...this.#saved].join(''),
      sender: this.#sender(),
      recipients: resent ? this.#resentRecipients : this.#recipients,
    };
  }

  #added(prefix: '' | 'Resent-'): ByteString[] {
    const { now, pid, idhost } = this.#options;
    const has = (name: string): boolean => this.#seen.has(`${prefix}${name}`.toLowerCase());
    const lines: ByteString[] = [];
    if (!has('Date')) lines.push(`${prefix}Date: ${formatDate(now)}\n`);
    if (!has('Message-ID')) lines.push(`${prefix}Message-ID: <${stamp(now)}.${pid}.qmail@${idhost}>\n`);
    if (!has('From')) lines.push(`${prefix}From: ${this.#author()}`);
    if (!has('To') && !has('Cc')) lines.push(`${prefix}Cc: recipient list not shown: ;\n`);
    if (prefix === '' && this.#wantsFollowup()) lines.push(`Mail-Followup-To: ${this.#toAndCc.map(quoteAddress).join(',\n  ')}\n`);
    return lines;
  }

  #wantsFollowup(): boolean {
    const { lists } = this.#options;
    if (lists === undefined || this.#seen.has('mail-followup-to')) return false;
    return this.#toAndCc.some((address) => lists.has(address.toLowerCase()));
  }

  #author(): ByteString {
    const { from, flags } = this.#options;
    const address = this.#rewrite(tokensOf(from.user, from.host));
    if (from.name === undefined) return printTokens(address, lineWidth);
    if (flags.c) return printTokens([...address, { kind: 'comment', text: from.name }], lineWidth);
    const open: Token = { kind: '<', text: '<' };
    return printTokens([{ kind: 'quoted', text: from.name }, open, ...address, { kind: '>', text: '>' }], lineWidth);
  }

  #sender(): ByteString {
    const { sender, flags, defaultSender, hosts, now, pid } = this.#options;
    if (sender !== undefined) return sender;
    if (this.#returnPath !== undefined) return flags.r ? `${this.#returnPath}-@[]` : this.#returnPath;
    const user = defaultSender.user + (flags.m ? `-${now}.${pid}` : '') + (flags.r ? '-' : '');
    const address = plainText(rewriting(hosts)(tokensOf(user, defaultSender.host)));
    return flags.r ? `${address}-@[]` : address;
  }
}

/** A user is one word, whatever it holds; a host is what its text says. */
function tokensOf(user: ByteString, host: ByteString): Token[] {
  return parseTokens(quoteAddress(`${user}@${host}`)) ?? [{ kind: 'quoted', text: user }];
}

/** `YYYYMMDDHHMMSS` in UTC. */
function stamp(now: number): string {
  return new Date(now * 1000).toISOString().replace(/[^0-9]/g, '').slice(0, 14);
}
