/**
 * Names of messages in Maildirs. Pure: time, numbers and chance come as arguments.
 * The name of a delivery is always the same, so a repeated delivery finds its earlier self.
 */
import type { ByteString } from '../mail.js';

/** What makes one delivery into one Maildir unique for ever. */
export interface MaildirIdentity {
  /** Seconds since 1970 when the message was accepted. */
  readonly birth: number;
  /** 16 hexadecimal digits drawn when the queue was created. */
  readonly nonce: string;
  /** Number of the message in that queue, never used again. */
  readonly message: number;
  /** Index of the recipient in the envelope. */
  readonly recipient: number;
  /** Line of the .qmail file, from 1. */
  readonly line: number;
  readonly hostname: string;
}

/** The host as it may stand in a Maildir name: `/` and `:` in octal, at most 64 characters (spec local.md §5.3). */
function maildirHost(hostname: string): string {
  return hostname.slice(0, 64).replaceAll('/', '\\057').replaceAll(':', '\\072');
}

/** The name in `new/`, also before the `:2,` in `cur/`. */
export function deliveredName(identity: MaildirIdentity): ByteString {
  const { birth, nonce, message, recipient, line, hostname } = identity;
  return `${birth}.Q${nonce}I${message}R${recipient}L${line}.${maildirHost(hostname)}`;
}

/**
 * A name in `new/` for a delivery that no queue numbers (the qmail-local command): seconds, process, microseconds and
 * four digits of chance, host. As in qmail the middle is digits alone.
 */
export function commandName(seconds: number, pid: number, microseconds: number, chance: number, hostname: string): ByteString {
  const middle = `${pid}${String(microseconds).padStart(6, '0')}${String(chance).padStart(4, '0')}`;
  return `${seconds}.${middle}.${maildirHost(hostname)}`;
}

/** A name for `tmp/`; `chance` makes it unique, so that no leftover of a crash is ever met. */
export function temporaryName(seconds: number, chance: string, hostname: string): ByteString {
  return `${seconds}.R${chance}.${maildirHost(hostname)}`;
}

/** True when a name found in `cur/` is the message called `name`, whatever its flags. */
export function isSameMessage(found: string, name: string): boolean {
  return found === name || (found.startsWith(name) && found[name.length] === ':');
}
