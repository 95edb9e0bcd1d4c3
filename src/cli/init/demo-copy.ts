/**
 * A copy of the built code in a new folder that every user can read: for a demo started by root
 * from a folder that others cannot enter.
 */
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, bin and dist. */
export function codeFolder(): string {
  return fileURLToPath(new URL('../../../..', import.meta.url));
}

export interface CodeCopy {
  readonly folder: string;
  /** The demo's own file in the copy. */
  readonly demo: string;
}

export function copyCode(): CodeCopy {
  const from = codeFolder();
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-'));
  chmodSync(folder, 0o755);
  for (const part of ['package.json', 'bin', 'dist/src']) cpSync(join(from, part), join(folder, part), { recursive: true });
  for (const name of productionPackages(from)) {
    cpSync(join(from, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  return { folder, demo: join(folder, 'dist/src/cli/init/demo.js') };
}

/** Names of all installed packages that the running code needs, found by walking the dependencies. */
function productionPackages(root: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [root];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    const described = JSON.parse(text) as Record<'dependencies' | 'optionalDependencies', Record<string, string> | undefined>;
    for (const name of Object.keys({ ...described.dependencies, ...described.optionalDependencies })) {
      const at = join(root, 'node_modules', name);
      if (found.has(name) || !existsSync(at)) continue;
      found.add(name);
      open.push(at);
    }
  }
  return found;
}
