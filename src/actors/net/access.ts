/**
 * What a client of one listener may do, by the listener's access rules (option rules= of control/listeners): come in or
 * not, relay or not, how large a message. Asked once a connection, as qmail's tcpserver does.
 */
import type { RulesFile } from '../../store/rules-file.js';
import { isLoopback } from './admission.js';

export interface Rights {
  /** Set, even empty: this client may relay; appended to each of its recipients (spec smtpd.md §1.1). */
  readonly relayclient: string | undefined;
  /** In place of control/databytes; 0 = no limit. */
  readonly databytes: number | undefined;
  /** All variables of the client's rule, for programs. */
  readonly variables?: ReadonlyMap<string, string>;
}

const none: Rights = { relayclient: undefined, databytes: undefined };
const largest = Number.MAX_SAFE_INTEGER;

export class Access {
  readonly #rules: RulesFile | undefined;
  readonly #warn: (text: string) => void;
  readonly #open: boolean;
  #told = '';

  /** Without rules nobody may relay, and everybody may come in when `open`, else only this machine. */
  constructor(rules: RulesFile | undefined, warn: (text: string) => void, open = true) {
    this.#rules = rules;
    this.#open = open;
    this.#warn = warn;
  }

  /** Undefined: the client does not come in. */
  rights(ip: string): Rights | undefined {
    if (this.#rules === undefined) return this.#open || isLoopback(ip) ? none : undefined;
    const rule = this.#rules.find(ip);
    this.#tell(this.#rules.trouble);
    if (rule === 'damaged') return undefined;
    if (rule === undefined) return none;
    if (!rule.allow) return undefined;
    const limit = rule.variables.get('DATABYTES');
    return {
      variables: rule.variables,
      relayclient: rule.variables.get('RELAYCLIENT'),
      // Set to anything but a number it is 0, as in qmail.
      databytes: limit === undefined ? undefined : Math.min(Number(/^\d+/.exec(limit)?.[0] ?? 0), largest),
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
