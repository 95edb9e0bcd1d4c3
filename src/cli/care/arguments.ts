/** Arguments of the commands that look after a home: `--home DIR`, flags, at most one folder. */
import { parseArgs } from 'node:util';
import { CommandTrouble, reason } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';

export interface CareArguments {
  readonly home: string;
  readonly flags: ReadonlySet<string>;
  /** Only when a folder was wanted. */
  readonly folder: string;
}

type Parsed = ReturnType<typeof parse>;

function parse(args: readonly string[], flags: readonly string[]) {
  const options = Object.fromEntries(flags.map((name) => [name, { type: 'boolean' } as const]));
  return parseArgs({ args: [...args], options: { ...options, home: { type: 'string' } }, allowPositionals: true });
}

/** Throws CommandTrouble 64 with the verb's usage. `folder`: one is wanted, else none is taken. */
export function careArguments(args: readonly string[], verb: string, flags: readonly string[], folder: boolean): CareArguments {
  let parsed: Parsed;
  try {
    parsed = parse(args, flags);
  } catch (error) {
    throw new CommandTrouble(64, `${reason(error)}\n${usageLine(verb)}`);
  }
  const { positionals } = parsed;
  const values: Readonly<Record<string, unknown>> = parsed.values;
  if (positionals.length !== (folder ? 1 : 0)) {
    throw new CommandTrouble(64, `${folder ? 'name one folder' : `unexpected: ${positionals[0]}`}\n${usageLine(verb)}`);
  }
  const home = homeFolder(typeof values.home === 'string' ? values.home : undefined);
  return { home, flags: new Set(flags.filter((name) => values[name] === true)), folder: positionals[0] ?? '' };
}
