/**
 * What a request asks for, out of its query: words to look for and numbers. A name or number that is wrong is named, not passed over:
 * a search with a slip in it would find everything.
 */
import type { SinkMatch } from '../match.js';

/** Words for a person: what is wrong with the query. */
export class QueryMistake extends Error {
  override readonly name = 'QueryMistake';
}

const matchNames = ['to', 'from', 'subject', 'text', 'q', 'after'] as const;

/** Throws QueryMistake. `further` are names that the caller reads itself. */
export function matchOf(query: URLSearchParams, further: readonly string[] = []): SinkMatch {
  const known: readonly string[] = [...matchNames, ...further];
  for (const name of query.keys()) {
    if (!known.includes(name)) throw new QueryMistake(`"${name}" is not known here: ${known.join(', ')}`);
    if (query.getAll(name).length > 1) throw new QueryMistake(`"${name}" is given more than once`);
  }
  const word = (name: string): string | undefined => query.get(name) || undefined;
  if (word('text') !== undefined && word('q') !== undefined) throw new QueryMistake('"q" and "text" are the same: give one');
  const all = {
    to: word('to'),
    from: word('from'),
    subject: word('subject'),
    text: word('text') ?? word('q'),
    after: wholeOf(query, 'after'),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as SinkMatch;
}

/** Undefined when it is not given or empty. Throws QueryMistake. */
export function wholeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new QueryMistake(`${name} is a whole number, not "${text}"`);
  return Number(text);
}
