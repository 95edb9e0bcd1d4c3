/**
 * What a client of one listener may do, by the listener's access rules (option rules= of control/listeners): come in or
 * not, relay or not, how large a message. Asked once a connection, as qmail's tcpserver does.
 */
import { type Block, ordered } from '../../protocol/block-list.js';
import type { ClientNames } from '../../protocol/tcprules-lookup.js';
import type { RulesFile } from '../../store/rules-file.js';
import { isLoopback } from './admission.js';

export interface Rights {
  /** Set, even empty: this client may relay; appended to each of its recipients (spec smtpd.md §1.1). */
  readonly relayclient: string | undefined;
  /** In place of control/databytes; 0 = no limit. */
  readonly databytes: number | undefined;
  /** All variables of the client's rule, and what was found out about it, for programs. */
  readonly variables?: ReadonlyMap<string, string>;
  /** It may speak, and nothing it sends is taken: by $RBLSMTPD of its rule, or a DNS list. */
  readonly blocked?: Block | undefined;
  /** $RBLSMTPD of its rule is set and empty: no DNS list is asked. */
  readonly unlisted?: boolean;
  readonly remoteHost?: string | undefined;
  readonly remoteInfo?: string | undefined;
}

const none: Rights = { relayclient: undefined, databytes: undefined };
const noVariables: ReadonlyMap<string, string> = new Map();
const largest = Number.MAX_SAFE_INTEGER;

export class Access {
  readonly #rules: RulesFile | undefined;
  readonly #warn: (text: string) => void;
  readonly #open: boolean;
  /** A block without a word about its kind is 553. */
  readonly #hard: boolean;
  #told = '';

  /** Without rules nobody may relay, and everybody may come in when `open`, else only this machine. */
  constructor(rules: RulesFile | undefined, warn: (text: string) => void, open = true, hard = false) {
    this.#hard = hard;
    this.#rules = rules;
    this.#open = open;
    this.#warn = warn;
  }

  /** Undefined: the client does not come in. */
  rights(client: ClientNames): Rights | undefined {
    const rights = this.#byRule(client);
    const { host, info } = client;
    if (rights === undefined || (host === undefined && info === undefined)) return rights;
    const variables = new Map<string, string>();
    if (host !== undefined) variables.set('TCPREMOTEHOST', host);
    if (info !== undefined) variables.set('TCPREMOTEINFO', info);
    for (const [name, value] of rights.variables ?? noVariables) variables.set(name, value);
    return {
      ...rights,
      variables,
      remoteHost: variables.get('TCPREMOTEHOST'),
      remoteInfo: variables.get('TCPREMOTEINFO'),
    };
  }

  #byRule(client: ClientNames): Rights | undefined {
    if (this.#rules === undefined) return this.#open || isLoopback(client.ip) ? none : undefined;
    const rule = this.#rules.find(client);
    this.#tell(this.#rules.trouble);
    if (rule === 'damaged') return undefined;
    if (rule === undefined) return none;
    if (!rule.allow) return undefined;
    const limit = rule.variables.get('DATABYTES');
    const order = ordered(rule.variables.get('RBLSMTPD'), this.#hard);
    return {
      variables: rule.variables,
      relayclient: rule.variables.get('RELAYCLIENT'),
      // Set to anything but a number it is 0, as in qmail.
      databytes: limit === undefined ? undefined : Math.min(Number(/^\d+/.exec(limit)?.[0] ?? 0), largest),
      blocked: order === 'pass' ? undefined : order,
      unlisted: order === 'pass',
      remoteHost: rule.variables.get('TCPREMOTEHOST'),
      remoteInfo: rule.variables.get('TCPREMOTEINFO'),
    };
  }

  /** The next client finds what the file says then. */
  lookAgain(): void {
    this.#rules?.lookAgain();
  }

  /** The same trouble is told once. */
  #tell(trouble: string): void {
    if (trouble !== '' && trouble !== this.#told) this.#warn(`${trouble}; the old access rules stay`);
    this.#told = trouble;
  }
}
