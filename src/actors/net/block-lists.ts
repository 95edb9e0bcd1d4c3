/**
 * Asks DNS lists about one client, in their order: the first that knows it decides (spec companions.md §1.3).
 */
import { type Block, blockOf, type ListSource, listName, lists, lookupFailed } from '../../protocol/block-list.js';
import type { DnsAnswer, DnsCache } from './dns-cache.js';

export interface ListRules {
  readonly sources: readonly ListSource[];
  /** Block for ever (553), or for now (451). */
  readonly hard: boolean;
  /** A list that does not answer: block for now, or go on. */
  readonly failClosed: boolean;
}

type Asker = Pick<DnsCache, 'ask'>;

/** Undefined: the client is not blocked. All lists are asked at once, so that slow ones cost their time once. */
export async function askLists(ip: string, { sources, hard, failClosed }: ListRules, dns: Asker): Promise<Block | undefined> {
  const asked = sources.map((source) => {
    const name = listName(ip, source.zone);
    return { source, answer: name === undefined ? ('clear' as const) : askList(source, name, dns) };
  });
  for (const { source, answer } of asked) {
    const found = await answer;
    if (found === 'later' && failClosed) return lookupFailed;
    if (typeof found !== 'object') continue;
    return source.kind === 'allow' ? undefined : blockOf(found.text || `${ip} is listed by ${source.zone}`, hard);
  }
  return undefined;
}

async function askList(source: ListSource, name: string, dns: Asker): Promise<{ readonly text: string } | 'clear' | 'later'> {
  const answer = await dns.ask(source.by, name);
  if (answer.tag !== 'records') return answer.tag === 'none' ? 'clear' : 'later';
  if (source.by === 'TXT') return { text: firstText(answer) };
  const meaning = lists(answer.records);
  if (meaning !== 'listed') return meaning === 'clear' ? 'clear' : 'later';
  return { text: source.kind === 'allow' ? '' : firstText(await dns.ask('TXT', name)) };
}

const firstText = (answer: DnsAnswer): string => (answer.tag === 'records' ? (answer.records[0] ?? '') : '');
