/** qmail-newu and qmail-newmrh: the compiled file octet by octet, and what else is in its folder. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Adapter, RecordedCase } from '../../runner/adapter.js';

interface CompiledCase extends RecordedCase {
  readonly argv: readonly string[];
  /** Relative to the home. */
  readonly source: string;
  readonly text: string | null;
}

const headerSize = 2048;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const compiled: Adapter<CompiledCase> = {
  file: 'misc',
  async run(test, tools) {
    const home = tools.home();
    mkdirSync(dirname(join(home, test.source)), { recursive: true });
    if (test.text !== null) writeFileSync(join(home, test.source), test.text, 'latin1');
    const { exit, stdout, stderr } = await tools.invoke({ program: test.argv[0] ?? '', args: test.argv.slice(1) });
    const left = readdirSync(dirname(join(home, test.source))).sort();
    const target = join(home, test.source === 'users/assign' ? 'users/cdb' : `${test.source}.cdb`);
    if (!existsSync(target)) return { exit, stdout, stderr, left };
    const bytes = readFileSync(target);
    return {
      exit,
      stdout,
      stderr,
      cdbBytes: bytes.length,
      cdbSha256: sha256(bytes),
      cdbBase64: bytes.subarray(headerSize).toString('base64'),
      cdbHeaderSha256: sha256(bytes.subarray(0, headerSize)),
      mode: (statSync(target).mode & 0o7777).toString(8),
      left,
    };
  },
};
