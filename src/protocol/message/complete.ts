/**
 * What qmail-inject adds to a header, deletes from it and takes out of it (spec inject.md §2, §3): a pure function
 * of the fields, the environment's names and the clock.
 */

import { quoteAddress, quoteLocalPart } from '../address.js';
import { formatDate } from '../date.js';
import type { ByteString } from '../mail.js';
import { mapAddresses } from './address-list.js';
import { fieldName } from './header-lines.js';
import type { Rewrite } from './rewrite.js';
import { parseTokens, plainText, printTokens, type Token } from './tokens.js';

export interface Author {
  readonly user: ByteString;
  /** Undefined: completed as any address without a host. */
  readonly host: ByteString | undefined;
  /** Undefined: no name in From. */
  readonly name: ByteString | undefined;
}

export interface CompleteOptions {
  readonly rewrite: Rewrite;
  readonly idhost: ByteString;
  readonly from: Author;
  /** The envelope sender when neither `sender` nor a Return-Path says another. */
  readonly defaultSender: Pick<Author, 'user' | 'host'>;
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

/** One address given outside of a header (an argument, -f), rewritten; undefined when it cannot be one. */
export function completeAddress(address: ByteString, rewrite: Rewrite): ByteString | undefined {
  if (address === '') return '';
  const tokens = parseTokens(quoteAddress(address));
  return tokens === undefined ? undefined : plainText(rewrite(tokens));
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
  readonly #seen = new Set<string>();
  readonly #saved: ByteString[] = [];
  readonly #recipients: ByteString[] = [];
  readonly #resentRecipients: ByteString[] = [];
  readonly #toAndCc: ByteString[] = [];
  #returnPath: ByteString | undefined;

  constructor(options: CompleteOptions) {
    this.#options = options;
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
      this.#returnPath ??= found[0];
      return changed;
    }
    return senderFields.includes(name) ? this.#addresses(field, [], false) : field;
  }

  /** The field with its addresses rewritten; undefined when it cannot be parsed. */
  #addresses(field: ByteString, into: ByteString[], listed: boolean): ByteString | undefined {
    const tokens = parseTokens(field);
    const [name, colon, ...list] = tokens ?? [];
    if (name === undefined || colon?.kind !== ':') return undefined;
    const mapped = mapAddresses(list, (address) => {
      const rewritten = this.#options.rewrite(address);
      const text = plainText(rewritten);
      // What was read before a fault counts, as in qmail.
      into.push(text);
      if (listed) this.#toAndCc.push(text);
      return rewritten;
    });
    if (mapped === undefined) return undefined;
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
    if (!has('From')) lines.push(this.#author(`${prefix}From`));
    if (!has('To') && !has('Cc')) lines.push(`${prefix}Cc: recipient list not shown: ;\n`);
    if (prefix === '' && this.#wantsFollowup())
      lines.push(`Mail-Followup-To: ${this.#toAndCc.toReversed().map(quoteAddress).join(',\n  ')}\n`);
    return lines;
  }

  #wantsFollowup(): boolean {
    const { lists } = this.#options;
    if (lists === undefined || this.#seen.has('mail-followup-to')) return false;
    return this.#toAndCc.some((address) => lists.has(address.toLowerCase()));
  }

  /** Made as text and read again, as a From field that came in: a host may turn out to be several words. */
  #author(field: string): ByteString {
    const { from, flags } = this.#options;
    const address = authorTokens(from.user, from.host);
    const name: readonly Token[] = [
      { kind: 'atom', text: field },
      { kind: ':', text: ':' },
    ];
    const whole = (): readonly Token[] => {
      if (from.name === undefined) return address;
      if (flags.c) return [...address, { kind: 'comment', text: from.name }];
      return [{ kind: 'quoted', text: from.name }, { kind: '<', text: '<' }, ...address, { kind: '>', text: '>' }];
    };
    const text = printTokens([...name, ...whole()], lineWidth);
    return this.#addresses(text, [], false) ?? text;
  }

  #sender(): ByteString {
    const { sender, flags, defaultSender, now, pid } = this.#options;
    if (sender !== undefined) return sender;
    if (this.#returnPath !== undefined) return flags.r ? `${this.#returnPath}-@[]` : this.#returnPath;
    const user = defaultSender.user + (flags.m ? `-${now}.${pid}` : '') + (flags.r ? '-' : '');
    const found: ByteString[] = [];
    this.#addresses(`Sender: ${printTokens(authorTokens(user, defaultSender.host), 0)}`, found, false);
    const address = found[0] ?? user;
    return flags.r ? `${address}-@[]` : address;
  }
}

/** A user is one word, whatever it holds; a host is written as one and read again. */
function authorTokens(user: ByteString, host: ByteString | undefined): readonly Token[] {
  const word: Token = { kind: quoteLocalPart(user) === user ? 'atom' : 'quoted', text: user };
  return host === undefined ? [word] : [word, { kind: '@', text: '@' }, { kind: 'atom', text: host }];
}

/** `YYYYMMDDHHMMSS` in UTC. */
function stamp(now: number): string {
  return new Date(now * 1000)
    .toISOString()
    .replace(/[^0-9]/g, '')
    .slice(0, 14);
}
