/**
 * Executed lines a layer, with the share that must not be undercut.
 * A file that no test loads counts with all its lines as not executed.
 */
import { readFileSync } from 'node:fs';
import { filesBelow, root } from './tree.js';
import { codeLines, type Lines, readCoverage } from './v8-coverage.js';

/** Layers in the order of the print, each with the least share of executed lines in percent. */
const layers: readonly { readonly folder: string; readonly least: number }[] = [
  { folder: 'src/protocol', least: 85 },
  { folder: 'src/store', least: 0 },
  { folder: 'src/actors', least: 0 },
];

export interface LayerCoverage {
  readonly folder: string;
  readonly percent: number;
  readonly least: number;
  /** Files below the layer's least share, worst first. */
  readonly weak: readonly string[];
}

interface Count extends Lines {
  readonly source: string;
}

/** Counts of every file of a layer that has code; a module of types alone leaves at most `export {};`. */
function counts(seen: ReadonlyMap<string, Lines>, folder: string): Count[] {
  return filesBelow(folder, '.ts')
    .map((source) => {
      const path = `${root}/dist/${source.replace(/\.ts$/, '.js')}`;
      return { source, ...(seen.get(path) ?? { lines: codeLines(readFileSync(path, 'utf8')).length, covered: 0 }) };
    })
    .filter(({ lines, covered }) => lines > 1 || covered > 0);
}

/** Executed lines of every layer that has code, from what the tests' processes wrote into `folder`. */
export function coverage(folder: string): LayerCoverage[] {
  const seen = readCoverage(folder, (path) => path.startsWith(`${root}/dist/src/`));
  const result: LayerCoverage[] = [];
  for (const { folder: layer, least } of layers) {
    const all = counts(seen, layer);
    const lines = all.reduce((sum, file) => sum + file.lines, 0);
    if (lines === 0) continue;
    const covered = all.reduce((sum, file) => sum + file.covered, 0);
    const weak = all
      .filter((file) => file.covered * 100 < file.lines * least)
      .sort((a, b) => a.covered / a.lines - b.covered / b.lines)
      .map((file) => `${file.source} ${Math.floor((100 * file.covered) / file.lines)} %`);
    result.push({ folder: layer, percent: (100 * covered) / lines, least, weak });
  }
  return result;
}
