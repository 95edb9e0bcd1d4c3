/**
 * Reads what V8 writes into the folder NODE_V8_COVERAGE names: which lines of which compiled files were executed.
 * Node 20's own summary fails on source maps of some files, so the counting is done here, on the compiled lines.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}
export interface Script {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Range[] }[];
}
export interface Lines {
  readonly lines: number;
  readonly covered: number;
}

interface Line {
  readonly start: number;
  readonly end: number;
}

/** Lines that hold code: neither blank nor only a comment. */
export function codeLines(text: string): Line[] {
  const found: Line[] = [];
  let start = 0;
  let inComment = false;
  for (const line of text.split('\n')) {
    const bare = line.trim();
    const comment = inComment || bare.startsWith('//') || bare.startsWith('/*');
    if (bare.startsWith('/*')) inComment = true;
    if (inComment && bare.endsWith('*/')) inComment = false;
    // The indentation belongs to the block around it, which may have another count.
    if (bare !== '' && !comment) found.push({ start: start + line.indexOf(bare), end: start + line.trimEnd().length });
    start += line.length + 1;
  }
  return found;
}

/** For each line whether this run executed it. A function's inner ranges follow its outer ones and override them. */
export function executed(script: Script, lines: readonly Line[]): boolean[] {
  const result = lines.map(() => true);
  for (const { ranges } of script.functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      lines.forEach(({ start, end }, index) => {
        if (start >= startOffset && end <= endOffset) result[index] = count > 0;
      });
    }
  }
  return result;
}

/** Executed lines by file, joined over all processes and threads that wrote into `folder`; files whose path passes `wanted`. */
export function readCoverage(folder: string, wanted: (path: string) => boolean): Map<string, Lines> {
  const texts = new Map<string, Line[]>();
  const hits = new Map<string, boolean[]>();
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: readonly Script[] };
    for (const script of result) {
      const path = script.url.startsWith('file:') ? fileURLToPath(script.url) : '';
      if (!wanted(path)) continue;
      const lines = texts.get(path) ?? codeLines(readFileSync(path, 'utf8'));
      texts.set(path, lines);
      const before = hits.get(path);
      hits.set(
        path,
        executed(script, lines).map((hit, index) => hit || (before?.[index] ?? false)),
      );
    }
  }
  return new Map([...hits].map(([path, lines]) => [path, { lines: lines.length, covered: lines.filter(Boolean).length }]));
}
