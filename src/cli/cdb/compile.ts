/**
 * Compiles what a home has as text into the cdb files that the server reads: users/assign and control/morercpthosts.
 * The compiled file is replaced as a whole or stays as it was.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { assignToRecords } from '../../protocol/assign.js';
import { fromByteString, lowerCaseAscii } from '../../protocol/bytes.js';
import { type CdbRecord, cdbWrite } from '../../protocol/cdb.js';
import { controlList } from '../../protocol/control-files.js';
import type { ByteString } from '../../protocol/mail.js';
import { recipientList } from '../../protocol/recipient-check.js';
import { compileRules } from '../../protocol/tcprules-compile.js';
import { replaceFile, writeWhole } from '../../store/replaced-file.js';

const readable = 0o644;

/** The source cannot be compiled; `line` counts from 1. */
export class BadSource extends Error {
  override readonly name = 'BadSource';
  readonly line: number;
  constructor(line: number, text: string) {
    super(text);
    this.line = line;
  }
}

/** One compiled table; names are relative to the home, or absolute. */
export interface Table {
  readonly source: string;
  readonly temporary: string;
  readonly target: string;
  records(text: ByteString): readonly CdbRecord[];
}

export const usersTable: Table = {
  source: 'users/assign',
  temporary: 'users/cdb.tmp',
  target: 'users/cdb',
  records(text) {
    const parsed = assignToRecords(text);
    if (!parsed.ok) throw new BadSource(parsed.line, parsed.text);
    return parsed.records;
  },
};

const nothing = new Uint8Array(0);

export const hostsTable: Table = {
  source: 'control/morercpthosts',
  temporary: 'control/morercpthosts.tmp',
  target: 'control/morercpthosts.cdb',
  records(text) {
    const lines = controlList(new Map([['morercpthosts', text]]), 'morercpthosts') ?? [];
    return lines.map((line) => ({ key: fromByteString(lowerCaseAscii(line)), value: nothing }));
  },
};

/** Access rules of listeners, `FILE` beside `FILE.cdb`. */
export const rulesTable = (source: string): Table => ({
  ...besides(source),
  records(text) {
    const compiled = compileRules(text);
    if ('wrong' in compiled) throw new BadSource(compiled.line, `"${compiled.wrong}" is no rule`);
    return compiled.records;
  },
});

/** A list of recipients that control/recipients names as a cdb. */
export const recipientsTable = (source: string): Table => ({
  ...besides(source),
  records: (text) => recipientList(text).map((line) => ({ key: fromByteString(line), value: nothing })),
});

const besides = (source: string): Omit<Table, 'records'> => ({ source, temporary: `${source}.tmp`, target: `${source}.cdb` });

/** The text of a table's source. Rejects with the system's error. */
export async function sourceText(home: string, table: Table): Promise<ByteString> {
  return readFile(resolve(home, table.source), 'latin1');
}

/** Throws BadSource or NotReplaced. */
export async function compileTable(home: string, table: Table, text: ByteString): Promise<void> {
  await replaceFile(resolve(home, table.target), resolve(home, table.temporary), readable, async (file) => {
    await writeWhole(file, cdbWrite(table.records(text)));
  });
}
