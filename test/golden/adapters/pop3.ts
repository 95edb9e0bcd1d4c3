/**
 * Recorded sessions of qmail-popup and qmail-pop3d (pop3.md of the cases): the commands in the home of an ordinary user,
 * with a checker that knows one password, and the Maildir afterwards.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Adapter, RecordedCase, Tools } from '../runner/adapter.js';

interface Pop3Case extends RecordedCase {
  readonly program: string;
  readonly args: readonly string[];
  readonly uid: 'user' | 'root';
  readonly maildir: readonly { readonly path: string; readonly content: string; readonly mtime: number }[];
  readonly maildirExists: boolean;
  readonly modes?: Readonly<Record<string, string>>;
  readonly input: string | readonly string[];
  readonly expected: {
    readonly exit: number;
    readonly output: string;
    readonly stderr: string;
    readonly files: readonly string[];
    readonly passwordInput?: string;
  };
}

const userUid = 8001;
const isRoot = process.getuid?.() === 0;
const checkerFile = fileURLToPath(new URL('./pop3-checker.js', import.meta.url));

function prepare(home: string, test: Pop3Case): void {
  mkdirSync(home);
  const maildir = join(home, 'Maildir');
  if (test.maildirExists) for (const name of ['cur', 'new', 'tmp']) mkdirSync(join(maildir, name), { recursive: true });
  for (const { path, content, mtime } of test.maildir) {
    mkdirSync(dirname(join(maildir, path)), { recursive: true });
    writeFileSync(join(maildir, path), content, 'latin1');
    utimesSync(join(maildir, path), mtime, mtime);
  }
  if (isRoot) {
    for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
      lchownSync(join(entry.parentPath, entry.name), userUid, userUid);
    }
    chownSync(home, userUid, userUid);
  }
  for (const [name, mode] of Object.entries(test.modes ?? {})) chmodSync(join(maildir, name), Number.parseInt(mode, 8));
}

/** A program for $CHECKPASSWORD; what it read is in `seen`. */
function checker(tools: Tools, home: string, seen: string): string {
  const path = join(tools.folder, 'checker');
  const words = [process.execPath, checkerFile, home, seen, isRoot ? String(userUid) : ''];
  writeFileSync(path, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`, { mode: 0o755 });
  chmodSync(path, 0o755);
  return path;
}

function digests(text: string, greeting: string): string {
  const timestamp = /<[^>]*>/.exec(greeting)?.[0] ?? '';
  return text.replaceAll(/\{APOP:([^}]*)\}/g, (_, password: string) =>
    createHash('md5').update(timestamp).update(password, 'latin1').digest('hex'),
  );
}

function filesBelow(maildir: string): readonly string[] {
  if (!existsSync(maildir)) return [];
  return readdirSync(maildir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(maildir.length + 1))
    .sort();
}

async function talk(tools: Tools, test: Pop3Case, call: Parameters<Tools['converse']>[0]) {
  const conversation = tools.converse(call);
  await conversation.heard();
  const greeting = conversation.output;
  const pieces = typeof test.input === 'string' ? [test.input] : test.input;
  for (const piece of pieces) {
    conversation.send(digests(piece, greeting));
    if (typeof test.input !== 'string') await conversation.heard();
  }
  conversation.end();
  return conversation.ended;
}

export const adapter: Adapter<Pop3Case> = {
  file: 'pop3',
  async run(test, tools) {
    const qmail = tools.home();
    const home = join(tools.folder, 'joe');
    const seen = join(tools.folder, 'seen');
    prepare(home, test);
    const words: Readonly<Record<string, string>> = { $CHECKPASSWORD: checker(tools, home, seen), $BIN: join(qmail, 'bin') };
    const args = test.args.map((argument) => argument.replaceAll(/\$(CHECKPASSWORD|BIN)/g, (word) => words[word] ?? word));
    const call = { program: test.program, args, cwd: home, ...(test.uid === 'user' ? { uid: userUid } : {}) };
    const alone = test.program === 'qmail-pop3d' && typeof test.input === 'string';
    const { exit, stdout, stderr } = alone
      ? await tools.invoke({ ...call, input: test.input as string })
      : await talk(tools, test, call);
    const read = existsSync(seen) ? readFileSync(seen, 'latin1').replaceAll(/[0-9a-f]{32}/g, '{DIGEST}') : undefined;
    const passwordInput = read?.replace('0'.repeat(32), '{DIGEST}');
    const files = filesBelow(join(home, 'Maildir'));
    return { exit, output: stdout, stderr, files, ...(passwordInput === undefined ? {} : { passwordInput }) };
  },
};
