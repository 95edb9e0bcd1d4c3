/**
 * What qmail-inject adds to a header, deletes from it and takes out of it (spec inject.md §2, §3): a pure function
 * of the fields, the environment's names and the clock.
 */

import { quoteAddress, quoteLocalPart } from '../address.js';
import { lowerCaseAscii } from '../bytes.js';
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
  /** Addresses of mailing lists, A to Z in lower case ($QMAILMFTFILE); undefined: no Mail-Followup-To is made. */
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

export interface CannotParse {
  readonly tag: 'cannot parse';
  /** The field as it came or was made, with its line feed. */
  readonly line: ByteString;
}

export type CompleteResult = Completed | CannotParse;

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

/** An address that leaves as a C string: the envelope's form, qmail's quoting. */
export function upToNul(address: ByteString): ByteString {
  const end = address.indexOf('\0');
  return end < 0 ? address : address.slice(0, end);
}

/** One address given outside of a header (an argument, -f), rewritten; undefined when it cannot be one. */
export function completeAddress(address: ByteString, rewrite: Rewrite): ByteString | undefined {
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

  finish(): CompleteResult {
    const sender = this.#sender();
    if (typeof sender !== 'string') return sender;
    const resent = resentMarks.some((name) => this.#seen.has(name));
    const prefix = resent ? 'Resent-' : '';
    const author = this.#has(prefix, 'From') ? '' : this.#author();
    if (typeof author !== 'string') return author;
    return {
      header: [...this.#added(prefix, author), ...this.#saved].join(''),
      sender,
      recipients: resent ? this.#resentRecipients : this.#recipients,
    };
  }

  #has(prefix: string, name: string): boolean {
    return this.#seen.has(`${prefix}${name}`.toLowerCase());
  }

  /** `author`: From, where none came. */
  #added(prefix: '' | 'Resent-', author: ByteString): ByteString[] {
    const { now, pid, idhost } = this.#options;
    const has = (name: string): boolean => this.#has(prefix, name);
    const lines: ByteString[] = [];
    if (!has('Date')) lines.push(`${prefix}Date: ${formatDate(now)}\n`);
    if (!has('Message-ID')) lines.push(`${prefix}Message-ID: <${stamp(now)}.${pid}.qmail@${idhost}>\n`);
    if (author !== '') lines.push(prefix + author);
    if (!has('To') && !has('Cc')) lines.push(`${prefix}Cc: recipient list not shown: ;\n`);
    if (prefix === '' && this.#wantsFollowup())
      lines.push(
        `Mail-Followup-To: ${this.#toAndCc
          .toReversed()
          .map((address) => quoteAddress(upToNul(address)))
          .join(',\n  ')}\n`,
      );
    return lines;
  }

  #wantsFollowup(): boolean {
    const { lists } = this.#options;
    if (lists === undefined || this.#seen.has('mail-followup-to')) return false;
    return this.#toAndCc.some((address) => lists.has(lowerCaseAscii(address)));
  }

  /** Made as text and read again, as a From field that came in: a host may turn out to be several words. */
  #author(): ByteString | CannotParse {
    const { from, flags } = this.#options;
    const address = authorTokens(quoteLocalPart(from.user) === from.user ? 'atom' : 'quoted', from.user, from.host);
    const whole = (): readonly Token[] => {
      if (from.name === undefined) return address;
      if (flags.c) return [...address, { kind: 'comment', text: from.name }];
      return [{ kind: 'quoted', text: from.name }, { kind: '<', text: '<' }, ...address, { kind: '>', text: '>' }];
    };
    const text = printTokens([...fieldTokens('From'), ...whole()], lineWidth);
    return this.#addresses(text, [], false) ?? { tag: 'cannot parse', line: text };
  }

  #sender(): ByteString | CannotParse {
    const { sender, flags, defaultSender, now, pid } = this.#options;
    if (sender !== undefined) return sender;
    if (this.#returnPath !== undefined) return flags.r ? `${this.#returnPath}-@[]` : this.#returnPath;
    const user = defaultSender.user + (flags.m ? `-${now}.${pid}` : '') + (flags.r ? '-' : '');
    const text = printTokens([...fieldTokens('Return-Path'), ...authorTokens('quoted', user, defaultSender.host)], lineWidth);
    const found: ByteString[] = [];
    if (this.#addresses(text, found, false) === undefined) return { tag: 'cannot parse', line: text };
    // A host can make the whole a group without members: mail from nobody.
    const [address] = found;
    return address !== undefined && flags.r ? `${address}-@[]` : (address ?? '');
  }
}

function fieldTokens(name: string): readonly Token[] {
  return [
    { kind: 'atom', text: name },
    { kind: ':', text: ':' },
  ];
}

/** A user is one word, whatever it holds; a host is written as one and read again. */
function authorTokens(kind: 'atom' | 'quoted', user: ByteString, host: ByteString | undefined): readonly Token[] {
  const word: Token = { kind, text: user };
  return host === undefined ? [word] : [word, { kind: '@', text: '@' }, { kind: 'atom', text: host }];
}

/** `YYYYMMDDHHMMSS` in UTC. */
function stamp(now: number): string {
  return new Date(now * 1000)
    .toISOString()
    .replace(/[^0-9]/g, '')
    .slice(0, 14);
}
