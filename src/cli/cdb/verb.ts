/**
 * `tqmail cdb`: compiles every table whose source the home has. All are tried; a faulty one leaves its old table in use.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { controlLine } from '../../protocol/control-files.js';
import { parseListeners } from '../../protocol/listeners.js';
import { parseRecipientSource } from '../../protocol/recipient-check.js';
import { readControls } from '../../store/read-controls.js';
import { CommandTrouble, complain, reason } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';
import {
  BadSource,
  compileTable,
  hostsTable,
  recipientsTable,
  rulesTable,
  sourceText,
  type Table,
  usersTable,
} from './compile.js';

/** The tables of every home, and those that its listeners and control/recipients name as `FILE.cdb`. */
async function tablesOf(home: string): Promise<readonly Table[]> {
  const { files } = await readControls(home, ['listeners', 'recipients']);
  const rules = parseListeners(files, []).map(({ options }) => options.rules ?? '');
  const source = parseRecipientSource(controlLine(files, 'recipients') ?? 'off');
  const lists = source?.kind === 'cdb' ? [source.file] : [];
  return [usersTable, hostsTable, ...sourcesOf(rules).map(rulesTable), ...sourcesOf(lists).map(recipientsTable)];
}

const sourcesOf = (names: readonly string[]): readonly string[] =>
  [...new Set(names)].filter((name) => name.endsWith('.cdb')).map((name) => name.slice(0, -4));

export async function main(args: readonly string[]): Promise<number> {
  const home = homeOf(args);
  const tables = await tablesOf(home);
  const present = tables.filter(({ source }) => existsSync(resolve(home, source)));
  let failed = 0;
  for (const table of present) {
    const wrong = await compile(home, table);
    if (wrong === undefined) process.stdout.write(`${table.target} made of ${table.source}\n`);
    else {
      complain(`tqmail: cdb: ${wrong}; ${table.target} stays as it was`);
      failed++;
    }
  }
  if (present.length === 0) {
    process.stdout.write(`${home}: nothing to compile: neither ${tables.map(({ source }) => source).join(' nor ')} exists\n`);
  }
  return failed === 0 ? 0 : 111;
}

function homeOf(args: readonly string[]): string {
  try {
    return homeFolder(parseArgs({ args: [...args], options: { home: { type: 'string' } } }).values.home);
  } catch (error) {
    throw new CommandTrouble(64, `${reason(error)}\n${usageLine('cdb')}`);
  }
}

/** What went wrong, with file and line. */
async function compile(home: string, table: Table): Promise<string | undefined> {
  try {
    await compileTable(home, table, await sourceText(home, table));
    return undefined;
  } catch (error) {
    if (error instanceof BadSource) return `${resolve(home, table.source)}:${error.line}: ${error.message}`;
    return `${resolve(home, table.source)}: ${reason(error)}`;
  }
}
