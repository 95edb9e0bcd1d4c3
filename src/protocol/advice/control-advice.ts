/**
 * What is odd in control files that qmail's rules take without a word: a carriage return that becomes part of a name, "10M" that
 * counts as 10, a virtual domain that is a local one too. `tqmail check` shows it. Nothing here changes what a file means, and what
 * is an error at the start (control.ts) is not said again.
 */
import type { ControlFiles } from '../control-files.js';
import { controlPath } from '../control-strict.js';
import type { Advice } from './advice.js';
import { domainAdvice } from './domains.js';
import { octetAdvice, valueAdvice } from './forms.js';
import { misspelt } from './misspelt.js';
import { routeAdvice, virtualAdvice } from './routes.js';

/** Most lines of advice: a file that went wild is not shown whole. */
const most = 50;

/**
 * `names` are those of all files in control/, read or not; `moreRcpthosts`: domains may also stand in morercpthosts.cdb. Sorted by
 * file and line.
 */
export function controlAdvice(files: ControlFiles, names: readonly string[], moreRcpthosts = false): readonly Advice[] {
  const damaged = [...files].flatMap(([name, text]) => octetAdvice(name, text));
  // A carriage return at the end of every line is said once, not as an unknown domain and an odd number too.
  const spoilt = new Set(damaged.map(({ file }) => file));
  const sound = new Map([...files].filter(([name]) => !spoilt.has(controlPath(name))));
  const all = [
    ...damaged,
    ...valueAdvice(sound),
    ...domainAdvice(sound, moreRcpthosts || spoilt.has(controlPath('rcpthosts'))),
    ...virtualAdvice(sound),
    ...routeAdvice(sound, 'smtproutes'),
    ...routeAdvice(sound, 'qmtproutes'),
    ...misspelt(names),
  ];
  return all.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line)).slice(0, most);
}
