/**
 * What is to be done for one incoming address (spec companions.md §4): recipients by sender, and programs. Every address and
 * every list counts once, so that loops end. Pure: tables and lists come from the caller.
 */
import { lowerCaseAscii } from '../bytes.js';
import type { ByteString } from '../mail.js';
import type { Instruction } from './commands.js';

/** Where the answers come from; each may throw what ends the command. */
export interface AliasTables {
  commands(target: ByteString): readonly Instruction[] | undefined;
  owner(target: ByteString): ByteString | undefined;
  list(file: ByteString): readonly Instruction[];
}

export interface Expansion {
  /** The owner of the target that counts; undefined: the message keeps its sender. */
  readonly owner: ByteString | undefined;
  readonly recipients: readonly ByteString[];
  /** With their `|` or `!`. */
  readonly programs: readonly ByteString[];
}

/** Most addresses, lists and programs of one message. */
const most = 100_000;

class Walk {
  readonly recipients: ByteString[] = [];
  readonly programs: ByteString[] = [];
  readonly #seen = new Set<ByteString>();
  readonly #tables: AliasTables;

  constructor(tables: AliasTables) {
    this.#tables = tables;
  }

  run(target: ByteString, commands: readonly Instruction[]): void {
    this.#seen.add(`&${target}`);
    // A stack, not recursion: a chain of aliases is as long as its author likes.
    const waiting = commands.toReversed();
    for (let command = waiting.pop(); command !== undefined; command = waiting.pop()) {
      if (this.#seen.size >= most) throw new RangeError(`more than ${most} addresses`);
      const mark = command[0] ?? '';
      const key = mark === '&' ? lowerCaseAscii(command) : command;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      if (mark === '&') waiting.push(...this.#address(command.slice(1)).toReversed());
      else if (mark === '.' || mark === '/') waiting.push(...this.#tables.list(command).toReversed());
      else if (mark === '|' || mark === '!') this.programs.push(command);
    }
  }

  /** What stands for the address; a target with an owner stays, so that its mail comes back with that owner. */
  #address(address: ByteString): readonly Instruction[] {
    const commands = this.#tables.commands(address);
    if (commands !== undefined && this.#tables.owner(address) === undefined) return commands;
    this.recipients.push(address);
    return [];
  }
}

/** Undefined: there is nothing for this address. Throws RangeError beyond 100,000 addresses. */
export function expand(address: ByteString, tables: AliasTables): Expansion | undefined {
  const at = address.lastIndexOf('@');
  const wild = at < 0 ? [] : [address.slice(at), address.slice(0, at + 1)];
  for (const target of [address, ...wild].map(lowerCaseAscii)) {
    const commands = tables.commands(target);
    if (commands === undefined) continue;
    const walk = new Walk(tables);
    walk.run(target, commands);
    return { owner: tables.owner(target), recipients: walk.recipients, programs: walk.programs };
  }
  return undefined;
}
