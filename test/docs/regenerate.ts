/**
 * `npm run docs`: makes the generated parts of docs/ and the manual pages in man/ anew.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { filesBelow, root } from '../runner/tree.js';
import { parts, renewed, wholeFiles } from './generated.js';
import { pages, pageText } from './man/pages.js';

for (const part of parts) {
  const path = `${root}/${part.file}`;
  const text = readFileSync(path, 'utf8');
  const fresh = renewed(part, text);
  console.log(`${part.file}: ${part.mark} ${fresh === text ? 'is up to date' : 'made anew'}`);
  if (fresh !== text) writeFileSync(path, fresh);
}

mkdirSync(`${root}/man`, { recursive: true });
const wanted = pages();
for (const page of wanted) {
  const path = `${root}/${page.target}`;
  const fresh = pageText(page);
  if (existsSync(path) && readFileSync(path, 'utf8') === fresh) continue;
  writeFileSync(path, fresh);
  console.log(`${page.target}: made of ${page.source}`);
}
for (const old of filesBelow('man', '').filter((file) => !wanted.some(({ target }) => target === file))) {
  rmSync(`${root}/${old}`);
  console.log(`${old}: removed, it has no source`);
}

for (const { file, make } of wholeFiles) {
  const path = `${root}/${file}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, make());
  console.log(`${file}: written`);
}
