/** Files of domains: lines that can match nothing, and domains that are ours in one file and not in another. */
import { lowerCaseAscii } from '../bytes.js';
import { type ControlFiles, type ControlLine, controlLine, controlLines } from '../control-files.js';
import { controlPath, showValue } from '../control-strict.js';
import type { Advice } from './advice.js';

/** Largest file whose lines are compared with another's. */
const mostLines = 100_000;

export function domainAdvice(files: ControlFiles, moreRcpthosts: boolean): readonly Advice[] {
  const all: Advice[] = [];
  for (const name of ['locals', 'rcpthosts', 'percenthack']) {
    for (const { line, text } of controlLines(files, name) ?? []) {
      const wrong = wrongDomain(text, name === 'rcpthosts');
      if (wrong !== undefined) all.push({ file: controlPath(name), line, text: `${showValue(text)} ${wrong}`, serious: true });
    }
  }
  for (const { line, text } of controlLines(files, 'badmailfrom') ?? [])
    if (!text.includes('@'))
      all.push({
        file: controlPath('badmailfrom'),
        line,
        text: `${showValue(text)} matches no sender; write user@host, or @host for all of a host`,
        serious: true,
      });
  return moreRcpthosts ? all : [...all, ...refusedDomains(files)];
}

/** Why no domain is ever equal to this. */
function wrongDomain(text: string, suffixes: boolean): string | undefined {
  const meaning = suffixes ? 'write a domain, or .domain for all below it' : 'write a domain';
  if (/^\s/.test(text)) return `begins with a blank, which counts: it matches nothing; ${meaning}`;
  if (text.includes('@') || text.includes('*')) return `matches nothing; ${meaning}`;
  if (!suffixes && text.startsWith('.')) return `matches nothing; ${meaning}`;
  if (/[^\x21-\x7e]/.test(text))
    return `has octets beyond ASCII, or blanks: it matches nothing that DNS knows; write its xn-- form`;
  if (/[:,;]/.test(text)) return `matches nothing; ${meaning}, one a line`;
  return undefined;
}

/** Domains that are delivered here and that SMTP refuses from outside. */
function refusedDomains(files: ControlFiles): readonly Advice[] {
  const rcpthosts = controlLines(files, 'rcpthosts');
  const ours: (ControlLine & { name: string; domain: string })[] = [];
  for (const { line, text } of controlLines(files, 'locals') ?? [])
    if (wrongDomain(text, false) === undefined) ours.push({ line, text, name: 'locals', domain: lowerCaseAscii(text) });
  for (const { line, text } of controlLines(files, 'virtualdomains') ?? []) {
    const [key = '', prefix = ''] = text.split(':', 2);
    const domain = lowerCaseAscii(key.slice(key.lastIndexOf('@') + 1));
    // An empty prefix is an exception: that mail goes elsewhere. The empty domain is all others.
    if (domain !== '' && prefix !== '') ours.push({ line, text, name: 'virtualdomains', domain });
  }
  if (rcpthosts === undefined) {
    const [one] = ours;
    if (one === undefined && controlLines(files, 'locals') !== undefined) return [];
    const text = `does not exist: SMTP takes no mail from outside; write ${one?.domain ?? controlLine(files, 'me') ?? 'the domains'} into it`;
    return [{ file: controlPath('rcpthosts'), line: 0, text, serious: false }];
  }
  const listed = new Set(rcpthosts.map(({ text }) => lowerCaseAscii(text)));
  return ours
    .slice(0, mostLines)
    .filter(({ domain }) => !isListed(domain, listed))
    .map(({ name, line, domain }) => ({
      file: controlPath(name),
      line,
      text: `mail for ${showValue(domain)} is refused from outside; add it to control/rcpthosts when it should be taken`,
      serious: false,
    }));
}

function isListed(domain: string, listed: ReadonlySet<string>): boolean {
  if (listed.has(domain)) return true;
  for (let dot = domain.indexOf('.', 1); dot >= 0; dot = domain.indexOf('.', dot + 1))
    if (listed.has(domain.slice(dot))) return true;
  return false;
}
