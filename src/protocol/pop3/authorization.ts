/**
 * The authorization state of POP3 (RFC 1939 §4, §7; spec pop3.md §1): who the client says it is. Whether that is true is
 * found out elsewhere. Every user name is taken, so that nobody learns which exist.
 */
import type { ByteString } from '../mail.js';
import { capabilities } from './capabilities.js';
import type { Command } from './command-lines.js';

/** What the client claims. */
export interface Login {
  readonly user: ByteString;
  /** The password, or with `apop` the digest of the greeting's timestamp and the password. */
  readonly secret: ByteString;
  readonly apop: boolean;
}

export type AuthorizationStep =
  | { readonly tag: 'reply'; readonly text: ByteString }
  | { readonly tag: 'login'; readonly login: Login }
  | { readonly tag: 'quit'; readonly text: ByteString };

const ok = '+OK \r\n';
const reply = (text: ByteString): AuthorizationStep => ({ tag: 'reply', text });
const syntax = reply('-ERR syntax error\r\n');
export const longLine: ByteString = '-ERR line too long\r\n';

export class Authorization {
  readonly #apop: boolean;
  readonly #codes: boolean;
  #user: ByteString | undefined;

  /** `apop`: the greeting had a timestamp. `codes`: a refused login is told with a code. */
  constructor(apop: boolean, codes: boolean) {
    this.#apop = apop;
    this.#codes = codes;
  }

  take(command: Command | 'long'): AuthorizationStep {
    if (command === 'long') return reply(longLine);
    const { verb, argument } = command;
    switch (verb) {
      case 'USER':
        if (argument === '') return syntax;
        this.#user = argument;
        return reply(ok);
      case 'PASS':
        if (this.#user === undefined) return reply('-ERR USER first\r\n');
        if (argument === '') return syntax;
        return { tag: 'login', login: { user: this.#user, secret: argument, apop: false } };
      case 'APOP':
        return this.#digest(argument);
      case 'CAPA':
        return reply(capabilities(false, this.#codes));
      case 'NOOP':
        return reply(ok);
      case 'QUIT':
        return { tag: 'quit', text: ok };
      default:
        return reply('-ERR authorization first\r\n');
    }
  }

  /** The digest is everything after the first blank, as qmail has it. */
  #digest(argument: ByteString): AuthorizationStep {
    if (!this.#apop) return reply('-ERR unimplemented\r\n');
    const blank = argument.indexOf(' ');
    if (blank < 0) return syntax;
    return { tag: 'login', login: { user: argument.slice(0, blank), secret: argument.slice(blank + 1), apop: true } };
  }
}

/** What a checker reads on descriptor 3 (spec pop3.md §2). */
export function checkerInput({ user, secret }: Login, timestamp: ByteString): ByteString {
  return `${user}\0${secret}\0${timestamp}\0`;
}

/** Octets of name, password and timestamp that a checker reads. */
export const longestCheckerInput = 512;

/** Name, password and what else was given, each ended by NUL; undefined: too much, or less than two whole fields. */
export function checkerFields(text: ByteString): readonly ByteString[] | undefined {
  const fields = text.split('\0').slice(0, -1);
  return text.length > longestCheckerInput || fields.length < 2 ? undefined : fields;
}
