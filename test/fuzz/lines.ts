/**
 * Which lines of src/protocol the inputs of a hunt execute. Hunting under V8's counters takes twice as long, so that what
 * the hunts kept is run once more in a process of its own that has them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coverage, type LayerCoverage } from '../runner/coverage.js';
import type { Target } from './target.js';

/** Inputs of one target, by its name. */
export type Corpora = Readonly<Record<string, readonly string[]>>;

const mostInputs = 4_000;
/** Milliseconds for the inputs of one target. */
const patienceMs = 3_000;

/** An even share of a list. */
function spread(inputs: readonly string[]): readonly string[] {
  const step = Math.max(1, Math.ceil(inputs.length / mostInputs));
  return inputs.filter((_, at) => at % step === 0);
}

/** Runs what a file of `executedLines` holds; throws belong to the hunt. */
export function runInputs(file: string, targets: readonly Target[]): void {
  const corpora = JSON.parse(readFileSync(file, 'latin1')) as Corpora;
  for (const target of targets) {
    const end = performance.now() + patienceMs;
    for (const input of [...target.seeds(), ...(corpora[target.name] ?? [])]) {
      if (performance.now() > end) break;
      try {
        target.run(input);
      } catch {}
    }
  }
}

/** Executed lines of src/protocol. `program` is started with `--replay FILE` and calls runInputs. */
export function executedLines(corpora: Corpora, program: string): LayerCoverage | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-lines-'));
  try {
    const file = join(folder, 'inputs');
    const counted = join(folder, 'counted');
    const few = Object.fromEntries(Object.entries(corpora).map(([name, inputs]) => [name, spread(inputs)]));
    writeFileSync(file, JSON.stringify(few), 'latin1');
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(program), '--replay', file], {
      env: { ...process.env, NODE_V8_COVERAGE: counted },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`lines cannot be counted: ${stderr}`);
    return coverage(counted).find((layer) => layer.folder === 'src/protocol');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
