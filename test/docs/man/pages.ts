/**
 * The manual pages: docs/man/NAME.N.md is the source, man/NAME.N what `man` shows.
 */
import { readFileSync } from 'node:fs';
import { filesBelow, root } from '../../runner/tree.js';
import { blocks } from './blocks.js';
import { roff } from './roff.js';

export interface Page {
  /** `forward.1` */
  readonly name: string;
  readonly source: string;
  readonly target: string;
}

export const pages = (): Page[] =>
  filesBelow('docs/man', '.md')
    .filter((source) => /\.\d\.md$/.test(source))
    .map((source) => {
      const name = source.slice('docs/man/'.length, -'.md'.length);
      return { name, source, target: `man/${name}` };
    });

/** The roff of a page. Throws when its source leaves the subset, or is not named as its title says. */
export function pageText({ name, source }: Page): string {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
  const page = blocks(source, readFileSync(`${root}/${source}`, 'utf8'));
  const [title] = page;
  if (title?.tag !== 'title' || `${title.name}.${title.section}` !== name)
    throw new Error(`${source}: its title names another page`);
  return roff(page, version, source);
}
