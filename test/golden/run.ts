/**
 * `npm run golden -- [--dir DIR] [--file NAME]…`: runs recorded cases through the real commands. A line for each failing
 * case with its id and how it differs, then one JSON line a file. Exit 1 when a case of a file in force failed, or of a
 * file that --file names; 64 for wrong usage.
 */
import { parseArgs } from 'node:util';
import { adapters } from './adapters/table.js';
import type { RecordedCase } from './runner/adapter.js';
import { ownDifferences } from './runner/differences.js';
import { caseFiles, casesFolder, filesInForce, readCases } from './runner/lists.js';
import { type CaseResult, runFile } from './runner/run-file.js';

const usage = `usage: npm run golden -- [--dir DIR] [--file NAME]… [--id ID]… [--in-force] [--processes] [--show]
  --dir DIR    folder of the cases; default $TQMAIL_GOLDEN, else test/golden/cases
  --file NAME  only NAME.jsonl
  --id ID      only this case
  --in-force   only the files that must pass (test/golden/in-force)
  --processes  every case as processes of their own
  --show       print what each case gave, a JSON line each
`;

const options = {
  dir: { type: 'string' },
  file: { type: 'string', multiple: true },
  id: { type: 'string', multiple: true },
  'in-force': { type: 'boolean' },
  processes: { type: 'boolean' },
  show: { type: 'boolean' },
} as const;

type Options = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

function fail(text: string): number {
  process.stderr.write(`${text}\n`);
  return 1;
}

function report(file: string, results: readonly CaseResult[], show: boolean): number {
  const count = (is: string): number => results.filter(({ verdict }) => verdict.is === is).length;
  for (const { test, verdict, got } of results) {
    if (verdict.is === 'failed') console.log(`${test.id} ${test.area}: ${test.description}\n    ${verdict.lines.join('\n    ')}`);
    if (show) console.log(JSON.stringify({ id: test.id, got }));
  }
  const failed = count('failed');
  console.log(JSON.stringify({ file, passed: count('passed'), failed, different: count('different') }));
  return failed;
}

/** Failures of one file; all its cases when there is no adapter for it. */
async function runOne(file: string, cases: readonly RecordedCase[], values: Options): Promise<number> {
  const adapter = adapters.get(file);
  if (adapter === undefined) {
    console.log(`${file}: not run: test/golden/adapters has none for it`);
    console.log(JSON.stringify({ file, passed: 0, failed: cases.length, different: 0 }));
    return cases.length;
  }
  const results = await runFile(adapter, cases, { processes: values.processes === true, differences: ownDifferences() });
  return report(file, results, values.show === true);
}

async function golden(values: Options): Promise<number> {
  const folder = casesFolder(values.dir);
  const present = caseFiles(folder);
  if (present === undefined) return fail(`${folder}: there is no such folder; name the folder of the cases with --dir`);
  if (present.length === 0) return fail(`${folder}: no cases (*.jsonl) in it; name the folder of the cases with --dir`);
  const inForce = filesInForce();
  const files = values.file ?? (values['in-force'] === true ? [...inForce].sort() : present);
  let bad = 0;
  for (const file of files) {
    if (!present.includes(file)) {
      bad += fail(`${folder}: there is no ${file}.jsonl in it`);
      continue;
    }
    const cases = readCases(folder, file).filter(({ id }) => values.id?.includes(id) ?? true);
    const failed = await runOne(file, cases, values);
    if (cases.length === 0) bad += fail(`${file}.jsonl: no such case`);
    if (inForce.has(file) || values.file !== undefined) bad += failed;
  }
  return bad === 0 ? 0 : 1;
}

function readOptions(): Options | undefined {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return undefined;
  }
}

const values = readOptions();
process.exitCode = values === undefined ? 64 : await golden(values);
