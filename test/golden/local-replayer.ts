/**
 * Replays the recorded cases of qmail-local through runLocal, as the user this process runs as:
 * `node local-replayer.js CASES.jsonl FOLDER` prints one JSON line a case. Started by
 * local-replay.test.ts, under another uid when that is root, since modes mean nothing to root.
 * Cases about the command line of the qmail-local command are not replayed here.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runLocal } from '../../src/actors/local/deliver.js';
import { localIo } from '../../src/actors/local/io.js';
import { forwardedOutcome } from '../../src/protocol/local-report.js';
import { separatorDate } from '../../src/protocol/mailbox/added-lines.js';
import { unixMessage } from '../../src/store/unix-message.js';

interface Entry {
  readonly path: string;
  readonly mode: string;
  readonly type?: string;
  readonly content?: string;
}
interface Case {
  readonly id: string;
  readonly area: string;
  readonly args: readonly string[];
  readonly homeMode: string;
  readonly files: Readonly<Record<string, string>>;
  readonly modes: Readonly<Record<string, string>>;
  readonly maildirs: readonly string[];
  readonly dirs: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly message: string;
  readonly queueExit: number;
  readonly queueText?: string;
  readonly expected: {
    readonly exit: number;
    readonly stdout: string;
    readonly stderr: string;
    readonly files: readonly Entry[];
    readonly queued: readonly unknown[];
  };
}

const hostname = 'oracle.example.com';
const now = 1_700_000_000;
const recordedHome = '/home/joe';

/** What the recorder's queue program means by its exit code (the words of qmail's queue interface). */
const queueWords: Readonly<Record<number, string>> = {
  11: 'envelope address too long for qq (#5.1.3)',
  31: 'mail server permanently rejected message (#5.3.0)',
  51: 'qq out of memory (#4.3.0)',
  54: 'qq read error (#4.3.0)',
  71: 'mail server temporarily rejected message (#4.3.0)',
  81: 'qq internal bug (#4.3.0)',
  91: 'qq internal bug (#4.3.0)',
};

function prepare(home: string, test: Case): void {
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const octets = (text: string): Buffer => Buffer.from(text.replaceAll(recordedHome, home), 'latin1');
  for (const name of test.maildirs)
    for (const part of ['', 'cur', 'new', 'tmp']) mkdirSync(join(home, name, part), { mode: 0o700 });
  for (const name of test.dirs) {
    mkdirSync(join(home, name), { recursive: true });
    chmodSync(join(home, name), 0o755);
  }
  for (const [name, text] of Object.entries(test.files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), octets(text));
    chmodSync(join(home, name), 0o644);
  }
  for (const [name, mode] of Object.entries(test.modes)) chmodSync(join(home, name), Number.parseInt(mode, 8));
  chmodSync(home, Number.parseInt(test.homeMode, 8));
}

function list(home: string, test: Case): Entry[] {
  const entries: Entry[] = [];
  for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
    const found = statSync(join(home, name));
    const mode = (found.mode & 0o7777).toString(8);
    if (found.isDirectory()) {
      entries.push({ path: name, mode, type: 'dir' });
      continue;
    }
    let content: string;
    try {
      content = readFileSync(join(home, name), 'latin1');
    } catch {
      continue;
    }
    if (test.files[name]?.replaceAll(recordedHome, home) === content) continue;
    const path = name.replace(/\d+\.Q[0-9a-f]{16}I\d+R\d+L\d+\./, '{TIME}.{PID}.');
    entries.push({ path, mode, content: content.replaceAll(separatorDate(now), '{CTIME}') });
  }
  return entries;
}

const order = (entries: readonly Entry[]): string[] =>
  entries.map((entry) => JSON.stringify(entry, ['path', 'mode', 'type', 'content'])).sort();
const lines = (text: string): string => text.split('\n').sort().join('\n');

async function replay(test: Case, home: string): Promise<Record<string, unknown>> {
  const options = test.args.slice(0, test.args.indexOf('--'));
  const [user, homeArgument, local, dash, ext, host, sender, defaultDelivery] = test.args
    .slice(test.args.indexOf('--') + 1)
    .map((argument) => argument.replaceAll('$HOME', home)) as [string, string, string, string, string, string, string, string];
  prepare(home, test);
  const io = {
    ...localIo({ PATH: '/usr/bin:/bin', ...test.env }, hostname, process.getuid?.() ?? 0),
    now: () => now,
  };
  const message = unixMessage({ form: 'unix', bytes: Buffer.from(test.message, 'latin1') });
  const maildirName = (line: number): string => `${now}.Q0123456789abcdefI1R0L${line}.${hostname}`;
  const request = {
    user,
    home: homeArgument,
    local,
    dash,
    ext,
    host,
    sender,
    defaultDelivery,
    message,
    maildirName,
    repeated: false,
  };
  const result = await runLocal({ ...request, print: options.at(-1) === '-n' }, io);
  let { exit, output }: { exit: number; output: string } = result;
  const queued: unknown[] = [];
  if (result.forward !== undefined) {
    const { sender: from, recipients, prefix } = result.forward;
    queued.push({ sender: from, recipients, message: prefix + test.message });
    const text = test.queueText?.slice(1) ?? queueWords[test.queueExit] ?? '';
    const permanent = test.queueText?.startsWith('D') ?? (test.queueExit >= 11 && test.queueExit <= 40);
    const forwarded = test.queueExit === 0 ? ({ tag: 'queued', qp: 1 } as const) : ({ tag: 'refused', permanent, text } as const);
    const outcome = forwardedOutcome({ status: 'K', text: output }, forwarded);
    exit = outcome.status === 'K' ? 0 : outcome.status === 'D' ? 100 : 111;
    output = outcome.text.replace(/qp 1\n$/, 'qp {PID}\n');
  }
  return {
    exit,
    output: lines(output.replaceAll(home, '$HOME').replaceAll(separatorDate(now), '{CTIME}')),
    files: order(list(home, test)),
    queued,
  };
}

async function main(casesFile: string, folder: string): Promise<void> {
  process.umask(0o77);
  for (const line of readFileSync(casesFile, 'utf8').split('\n')) {
    if (line === '') continue;
    const test = JSON.parse(line) as Case;
    const { expected } = test;
    if (expected.stderr.includes('usage:')) continue;
    const got = await replay(test, join(folder, test.id, 'joe'));
    const want = {
      exit: expected.exit,
      output: lines(expected.stdout + expected.stderr),
      files: order(expected.files),
      queued: expected.queued,
    };
    const ok = JSON.stringify(got) === JSON.stringify(want);
    process.stdout.write(`${JSON.stringify(ok ? { id: test.id, ok } : { id: test.id, ok, got, want })}\n`);
  }
}

const [casesFile, folder] = process.argv.slice(2);
if (casesFile === undefined || folder === undefined) throw new Error('usage: local-replayer CASES.jsonl FOLDER');
await main(casesFile, folder);
