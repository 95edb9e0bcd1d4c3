/**
 * Recorded cases of qmail-local: the command in a fresh home of an ordinary user, and the home afterwards. Run by root
 * the command has another uid, because file modes, which many cases are about, do not bind root.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Adapter, RecordedCase } from '../runner/adapter.js';

interface LocalCase extends RecordedCase {
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
}

interface Entry {
  readonly path: string;
  readonly mode: string;
  readonly type?: 'dir';
  readonly content?: string;
}

const recordedUid = 8001;
/** The home's path where the recording shows it and no `$HOME` stands for it. */
const recordedHome = '/home/joe';

/** Names have one UTF-16 unit an octet here; the file system has octets. */
const octets = (path: string): Buffer => Buffer.from(path, 'latin1');

interface Below {
  /** From the home on. */
  readonly path: string;
  readonly full: string;
}

function below(folder: string, from = ''): Below[] {
  const found: Below[] = [];
  for (const name of readdirSync(octets(folder), { encoding: 'latin1' })) {
    const entry = { path: `${from}${name}`, full: `${folder}/${name}` };
    found.push(entry);
    if (lstatSync(octets(entry.full)).isDirectory()) found.push(...below(entry.full, `${entry.path}/`));
  }
  return found;
}

function prepare(home: string, test: LocalCase): void {
  mkdirSync(home);
  for (const name of test.maildirs) {
    for (const part of ['', 'cur', 'new', 'tmp']) mkdirSync(join(home, name, part), { mode: 0o700 });
  }
  for (const name of test.dirs) {
    mkdirSync(join(home, name), { recursive: true });
    chmodSync(join(home, name), 0o755);
  }
  for (const [name, text] of Object.entries(test.files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    const path = octets(join(home, name));
    writeFileSync(path, text.replaceAll(recordedHome, home), 'latin1');
    chmodSync(path, 0o644);
  }
  if (process.getuid?.() === 0) {
    for (const { full } of below(home)) chownSync(octets(full), recordedUid, recordedUid);
    chownSync(home, recordedUid, recordedUid);
  }
  for (const [name, mode] of Object.entries(test.modes)) chmodSync(octets(join(home, name)), Number.parseInt(mode, 8));
  chmodSync(home, Number.parseInt(test.homeMode, 8));
}

/** What is new or changed below the home, folders always. */
function found(home: string, test: LocalCase): Entry[] {
  chmodSync(home, 0o755);
  const entries: Entry[] = [];
  for (const { path, full: text } of below(home)) {
    const full = octets(text);
    const mode = (lstatSync(full).mode & 0o7777).toString(8);
    if (statSync(full).isDirectory()) entries.push({ path, mode, type: 'dir' });
    else if (!unchanged(full, test.files[path]?.replaceAll(recordedHome, home))) {
      entries.push({ path, mode, content: readFileSync(full, 'latin1').replaceAll(home, '$HOME') });
    }
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A file that its own user cannot read is one of the case: qmail-local makes none such. */
function unchanged(path: Buffer, before: string | undefined): boolean {
  if (before === undefined) return false;
  return (statSync(path).mode & 0o400) === 0 || readFileSync(path, 'latin1') === before;
}

export const adapter: Adapter<LocalCase> = {
  file: 'local',
  async run(test, tools) {
    tools.home();
    const home = join(tools.folder, 'joe');
    prepare(home, test);
    const recorder = tools.recorder(test);
    const ended = await tools.invoke({
      program: 'qmail-local',
      args: test.args.map((argument) => argument.replaceAll('$HOME', home)),
      env: { ...test.env, QMAILQUEUE: recorder.program },
      input: test.message,
      uid: recordedUid,
    });
    const shown = (text: string): string => text.replaceAll(home, '$HOME');
    const { exit, stdout, stderr } = ended;
    return { exit, stdout: shown(stdout), stderr: shown(stderr), files: found(home, test), queued: recorder.queued() };
  },
};
