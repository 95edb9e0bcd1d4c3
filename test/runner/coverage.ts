/**
 * Executed lines a layer, with the share that must not be undercut.
 * A file that no test loads counts with all its lines as not executed.
 */
import { readFileSync } from 'node:fs';
import type { Tested } from './node-tests.js';
import { filesBelow, root } from './tree.js';

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

interface Count {
  readonly path: string;
  readonly lines: number;
  readonly covered: number;
}

/** A module of types alone leaves no code behind, so no test can load it for its lines. */
function hasCode(file: string): boolean {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return text.split('\n').some((line) => line !== '' && line !== 'export {};' && !line.startsWith('//'));
}

function counts(tested: Tested, folder: string): Count[] {
  const seen = new Map<string, Count>();
  for (const line of tested.lines) if (line.kind === 'coverage') seen.set(line.path, line);
  const found: Count[] = [];
  for (const source of filesBelow(folder, '.ts')) {
    const path = `${root}/dist/${source.replace(/\.ts$/, '.js')}`;
    if (!hasCode(path)) continue;
    const known = seen.get(path) ?? seen.get(`${root}/${source}`);
    found.push(known ?? { path, lines: readFileSync(path, 'utf8').split('\n').length, covered: 0 });
  }
  return found;
}

/** Executed lines of every layer that has code. */
export function coverage(tested: Tested): LayerCoverage[] {
  const result: LayerCoverage[] = [];
  for (const { folder, least } of layers) {
    const all = counts(tested, folder);
    const lines = all.reduce((sum, file) => sum + file.lines, 0);
    if (lines === 0) continue;
    const covered = all.reduce((sum, file) => sum + file.covered, 0);
    const weak = all
      .filter((file) => file.covered * 100 < file.lines * least)
      .sort((a, b) => a.covered / a.lines - b.covered / b.lines)
      .map((file) => `${file.path.slice(root.length + 1)} ${Math.floor((100 * file.covered) / file.lines)} %`);
    result.push({ folder, percent: (100 * covered) / lines, least, weak });
  }
  return result;
}
