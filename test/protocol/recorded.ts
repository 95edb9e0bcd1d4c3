/** The recorded cases of qmail-send (test/golden/cases), as far as the rules' tests use them. */
import { readFileSync } from 'node:fs';

export interface RecordedSend {
  readonly id: string;
  readonly controls: Readonly<Record<string, string>>;
  readonly inject: readonly { readonly sender?: string; readonly recipients?: readonly string[] }[];
  readonly expected: {
    readonly files?: readonly { readonly path: string; readonly content: string }[];
    /** Log lines of each message, in order of arrival. */
    readonly messages: readonly (readonly string[])[];
  };
}

export function recordedSend(): readonly RecordedSend[] {
  const folder = process.env.TQMAIL_GOLDEN ?? new URL('../../../test/golden/cases', import.meta.url).pathname;
  const lines = readFileSync(`${folder}/send.jsonl`, 'utf8').split('\n').filter(Boolean);
  return lines.map((line): RecordedSend => JSON.parse(line));
}
