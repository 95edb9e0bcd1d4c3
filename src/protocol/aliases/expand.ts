/**
 * What is to be done for one incoming address (spec companions.md §4): recipients by sender, and programs. Every address counts
 * once, the incoming one too, so that loops end and run no program twice; in the order of fastforward: the last one first, turned round. Pure: tables and lists come from the caller.
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

/** Most addresses and programs of one message together. */
const most = 100_000;
/** Most commands that are read for them, and lists in lists: a list that is named twice is read twice. */
const mostCommands = 1_000_000;
const deepestList = 100;

class Walk {
  /** The last one first. */
  readonly recipients: ByteString[] = [];
  readonly programs: ByteString[] = [];
  /** Addresses as they are written. */
  readonly #seen: Set<ByteString>;
  /** A stack, for a chain of aliases is as long as its author likes. */
  readonly #waiting: ByteString[] = [];
  readonly #tables: AliasTables;
  #commands = 0;

  /** `known`: addresses that do not count again. */
  constructor(tables: AliasTables, known: readonly ByteString[]) {
    this.#tables = tables;
    this.#seen = new Set(known);
  }

  run(commands: readonly Instruction[]): void {
    this.#take(commands, []);
    for (let address = this.#waiting.pop(); address !== undefined; address = this.#waiting.pop()) {
      if (this.#seen.has(address)) continue;
      this.#seen.add(address);
      this.#address(address);
    }
  }

  /** `within`: the lists that the commands are of. */
  #take(commands: readonly Instruction[], within: readonly ByteString[]): void {
    if (within.length > deepestList) throw new RangeError(`more than ${deepestList} lists in lists`);
    for (const command of commands) {
      this.#commands += 1;
      if (this.#commands > mostCommands) throw new RangeError(`more than ${mostCommands} commands`);
      if (this.#seen.size + this.programs.length >= most) throw new RangeError(`more than ${most} addresses`);
      const mark = command[0] ?? '';
      if (mark === '|' || mark === '!') this.programs.push(command);
      else if (mark === '&') this.#waiting.push(command.slice(1));
      else if (mark === '.' || mark === '/') this.#list(command, within);
    }
  }

  #list(file: ByteString, within: readonly ByteString[]): void {
    if (!within.includes(file)) this.#take(this.#tables.list(file), [...within, file]);
  }

  /** What stands for the address; a target with an owner stays, so that its mail comes back with that owner. */
  #address(address: ByteString): void {
    const commands = this.#tables.commands(address);
    if (commands !== undefined && this.#tables.owner(address) === undefined) this.#take(commands, []);
    else this.recipients.push(address);
  }
}

/** Undefined: there is nothing for this address. Throws RangeError beyond 100,000 addresses. */
export function expand(address: ByteString, tables: AliasTables): Expansion | undefined {
  const at = address.lastIndexOf('@');
  const wild = at < 0 ? [] : [address.slice(at), address.slice(0, at + 1)];
  const exact = lowerCaseAscii(address);
  for (const target of [exact, ...wild.map(lowerCaseAscii)]) {
    const commands = tables.commands(target);
    if (commands === undefined) continue;
    const owner = tables.owner(target);
    // Nobody is known by a wildcard: what only a wildcard answers for can stand for itself.
    const walk = new Walk(tables, target === exact ? [address, exact] : []);
    walk.run(commands);
    const { recipients, programs } = walk;
    // A list with an owner and no other member: it goes round once more, so that its owner hears of the loop.
    if (owner !== undefined && recipients.length + programs.length === 0) recipients.push(address);
    return { owner, recipients: recipients.toReversed(), programs };
  }
  return undefined;
}
