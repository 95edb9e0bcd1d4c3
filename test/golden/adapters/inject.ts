/** The cases of inject.jsonl: qmail-inject and sendmail with the recorder as queue, and once more with -n put first. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, Queued, RecordedCase, Tools } from '../runner/adapter.js';

interface InjectCase extends RecordedCase {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly controls: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly queueExit?: number;
  readonly queueText?: string;
  readonly queueReadsNothing?: boolean;
  readonly queueCrashes?: boolean;
  readonly stdin: string;
  readonly expected: { readonly print?: unknown; readonly queue?: unknown };
}

interface Run {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly queued?: readonly Queued[];
}

async function run(test: InjectCase, tools: Tools): Promise<{ print?: Run; queue?: Run }> {
  tools.home(test.controls);
  const folder = join(tools.folder, 'files');
  mkdirSync(folder, { mode: 0o755 });
  for (const [name, text] of Object.entries(test.files)) writeFileSync(join(folder, name), text, 'latin1');
  const recorder = tools.recorder(test);
  const env = { ...withFolder(test.env, folder), QMAILQUEUE: recorder.program };
  const call = async (args: readonly string[]): Promise<Run> => {
    // Another name than qmail-inject is a name of sendmail.
    const program = test.program === 'qmail-inject' ? test.program : 'sendmail';
    const ended = await tools.invoke({ program, calledAs: test.program, args, env, input: test.stdin });
    return { exit: ended.exit, stdout: ended.stdout, stderr: ended.stderr };
  };
  const { print, queue } = test.expected;
  return {
    ...(print === undefined ? {} : { print: await call(['-n', ...test.args]) }),
    ...(queue === undefined ? {} : { queue: await queuedBy(recorder.queued, () => call(test.args)) }),
  };
}

/** A print variant with -N queues as well: what it handed over does not count here. */
async function queuedBy(queued: () => readonly Queued[], call: () => Promise<Run>): Promise<Run> {
  const before = queued().length;
  const ended = await call();
  return { ...ended, queued: queued().slice(before) };
}

function withFolder(env: Readonly<Record<string, string>>, folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replaceAll('$FILES', folder)]));
}

export const adapter: Adapter<InjectCase> = { file: 'inject', run };
