/** maildirmake in an empty folder: what is there afterwards, with modes. */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, RecordedCase } from '../../runner/adapter.js';

interface MaildirmakeCase extends RecordedCase {
  readonly argv: readonly string[];
  readonly existing: readonly string[];
}

/** `name/ mode` of every folder, sorted. */
function tree(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name}/ ${(statSync(join(folder, name)).mode & 0o7777).toString(8)}`);
}

export const maildirmake: Adapter<MaildirmakeCase> = {
  file: 'misc',
  async run(test, tools) {
    const cwd = join(tools.folder, 'work');
    mkdirSync(cwd);
    for (const name of test.existing) mkdirSync(join(cwd, name), { mode: 0o755 });
    const { exit, stdout, stderr } = await tools.invoke({ program: 'maildirmake', args: test.argv.slice(1), cwd });
    return { exit, stdout, stderr, tree: tree(cwd) };
  },
};
