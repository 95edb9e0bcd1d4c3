/**
 * Access rules of a listener on disk: a tcprules source, or what tcprules compiled of one when the name ends in `.cdb`.
 * Kept in memory, read again when the file changes. Which rule a client gets is protocol/tcprules-lookup.ts.
 */
import { resolve } from 'node:path';
import type { ListenerSetting, SettingsProblem } from '../protocol/settings.js';
import { parseRules } from '../protocol/tcprules.js';
import {
  type ClientNames,
  cdbLookup,
  findRule,
  type RuleAnswer,
  type RuleLookup,
  tableLookup,
} from '../protocol/tcprules-lookup.js';
import { codeOf } from './octet-path.js';
import { ParsedFile } from './parsed-file.js';

/** How often a change is looked for, milliseconds. */
const lookMs = 1_000;
const smallestCdb = 2_048;

/** A rules file that cannot be used: `message` names file and line. */
class BadRules extends Error {
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    super(problems.map(({ file, line, text }) => `${file}${line === 0 ? '' : `:${line}`}: ${text}`).join('; '));
    this.problems = problems;
  }
}

function lookupOf(bytes: Uint8Array, name: string): RuleLookup {
  if (name.endsWith('.cdb')) {
    if (bytes.length >= smallestCdb) return cdbLookup(bytes);
    throw new BadRules([{ file: name, line: 0, text: 'it is no cdb file; make it anew with tcprules' }]);
  }
  const parsed = parseRules(Buffer.from(bytes).toString('latin1'));
  if ('rules' in parsed) return tableLookup(parsed.rules);
  throw new BadRules(parsed.problems.map(({ line, text }) => ({ file: name, line, text })));
}

export class RulesFile {
  readonly #name: string;
  readonly #file: ParsedFile<RuleLookup>;
  #last: RuleLookup | undefined;
  /** Why the rules in use are not those of the file; empty when they are. */
  #trouble = '';

  /** `name` as control/listeners says it: relative to `home`, or absolute. */
  constructor(home: string, name: string, clock: () => number) {
    this.#name = name;
    this.#file = new ParsedFile(resolve(home, name), (bytes) => lookupOf(bytes, name), { ms: lookMs, clock });
  }

  /** The rule for a client. A file that went bad, or away, leaves the rules as they were; without any nobody gets in. */
  find(client: ClientNames): RuleAnswer {
    const problems = this.problems();
    this.#trouble = problems.length === 0 ? '' : new BadRules(problems).message;
    return this.#last === undefined ? 'damaged' : findRule(client, this.#last);
  }

  get trouble(): string {
    return this.#trouble;
  }

  lookAgain(): void {
    this.#file.lookAgain();
  }

  /** What is wrong with the file now; nothing when its rules are in use. */
  problems(): readonly SettingsProblem[] {
    try {
      const found = this.#file.current();
      if (found !== undefined) {
        this.#last = found;
        return [];
      }
      const text = 'it does not exist; create it, or remove rules= from control/listeners';
      return [{ file: this.#name, line: 0, text }];
    } catch (error) {
      if (error instanceof BadRules) return error.problems;
      const text = `it cannot be read (${codeOf(error)}); make it readable for the server (mode 644)`;
      return [{ file: this.#name, line: 0, text }];
    }
  }
}

/** What is wrong with the rules files that the listeners name; each file is told once. */
export function rulesProblems(home: string, listeners: readonly ListenerSetting[]): readonly SettingsProblem[] {
  const names = new Set(listeners.map(({ options }) => options.rules).filter((name) => name !== undefined));
  return [...names].flatMap((name) => new RulesFile(home, name, () => 0).problems());
}
