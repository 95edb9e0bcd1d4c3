/** maildir2mbox on a Maildir with given files and times: all files afterwards. */
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, RecordedCase } from '../../runner/adapter.js';

interface Maildir2mboxCase extends RecordedCase {
  readonly env: Readonly<Record<string, string>>;
  readonly maildir: readonly { readonly path: string; readonly content: string; readonly mtime: number }[];
  readonly mailbox: string | null;
  /** Folders of the Maildir that are not there. */
  readonly missing: readonly string[];
}

function files(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

export const maildir2mbox: Adapter<Maildir2mboxCase> = {
  file: 'misc',
  async run(test, tools) {
    const work = join(tools.folder, 'work');
    for (const name of ['tmp', 'new', 'cur']) {
      if (!test.missing.includes(name)) mkdirSync(join(work, 'Maildir', name), { recursive: true });
    }
    for (const { path, content, mtime } of test.maildir) {
      const file = join(work, 'Maildir', path);
      writeFileSync(file, content, 'latin1');
      utimesSync(file, mtime, mtime);
    }
    if (test.mailbox !== null) writeFileSync(join(work, 'Mailbox'), test.mailbox, 'latin1');
    const env = Object.fromEntries(Object.entries(test.env).map(([name, value]) => [name, value.replace('$WORK', work)]));
    const { exit, stdout, stderr } = await tools.invoke({ program: 'maildir2mbox', env, cwd: work });
    return { exit, stdout, stderr: stderr.replaceAll(work, '$WORK'), files: files(work) };
  },
};
