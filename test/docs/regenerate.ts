/**
 * `npm run docs`: makes the generated parts of docs/ anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { root } from '../runner/tree.js';
import { parts, renewed } from './generated.js';

for (const part of parts) {
  const path = `${root}/${part.file}`;
  const text = readFileSync(path, 'utf8');
  const fresh = renewed(part, text);
  console.log(`${part.file}: ${part.mark} ${fresh === text ? 'is up to date' : 'made anew'}`);
  if (fresh !== text) writeFileSync(path, fresh);
}
