/**
 * Seeds out of the recorded cases (test/golden/cases): what clients, servers, files and programs said there.
 */
import { readFileSync } from 'node:fs';

const folder = new URL('../../../test/golden/cases/', import.meta.url);
/** Cases that are longer show bounds, not shapes. */
const longest = 3_000;
const most = 250;

type Case = Readonly<Record<string, unknown>>;

function cases(file: string): Case[] {
  const lines = readFileSync(new URL(`${file}.jsonl`, folder), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Case);
}

function bounded(texts: readonly (string | undefined)[]): string[] {
  const short = texts.filter((text): text is string => text !== undefined && text.length <= longest);
  const all = [...new Set(short)];
  const step = Math.max(1, Math.ceil(all.length / most));
  return all.filter((_, at) => at % step === 0);
}

/** The text of one field of each case. */
export function recordedField(file: string, field: string): string[] {
  return bounded(cases(file).map((one) => (typeof one[field] === 'string' ? (one[field] as string) : undefined)));
}

/** What servers said in the cases of remote. */
export function recordedServers(): string[] {
  const said = cases('remote').map(({ server }) =>
    Array.isArray(server) ? (server as { send?: string }[]).map(({ send = '' }) => send).join('') : undefined,
  );
  return bounded(said);
}

/** The texts of files of a kind in the cases: `of` names the field (`files`, `controls`), `name` says which of them. */
export function recordedFiles(file: string, of: string, name: RegExp): string[] {
  return bounded(
    cases(file).flatMap((one) =>
      Object.entries((one[of] ?? {}) as Record<string, unknown>).flatMap(([path, text]) =>
        name.test(path) && typeof text === 'string' ? [text] : [],
      ),
    ),
  );
}

/** The arguments of the cases, one text each. */
export function recordedArguments(file: string): string[] {
  return bounded(cases(file).flatMap(({ args }) => (Array.isArray(args) ? (args as string[]) : [])));
}
