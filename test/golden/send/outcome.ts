/** What a server did, in the shape of `expected`: its log taken apart by messages, and the rest of its queue. Pure. */
import { accounts, type SendExpected, type SendLeft } from './case.js';

export interface Figures {
  readonly log: readonly string[];
  /** What `tqmail queue --export qmail` prints of what is left, a line a message. */
  readonly exported: readonly string[];
  /** Name of the account that a uid of this run stands for. */
  readonly nameOf: (uid: number) => string | undefined;
  readonly order: 'any' | undefined;
}

export function recordedName(uid: number): string | undefined {
  return Object.entries(accounts).find(([, known]) => known === uid)?.[0];
}

/** The parts of `expected` that come out of log and queue. */
export function outcome(figures: Figures): Pick<SendExpected, 'messages' | 'otherLines' | 'log'> & { readonly left: SendLeft } {
  const names = new Map<string, string>();
  const deliveries = new Map<string, string>();
  const byMessage = new Map<string, string[]>();
  const otherLines: string[] = [];
  const log: string[] = [];
  for (const raw of figures.log) {
    const arrived = /^new msg (\d+)$/.exec(raw)?.[1];
    if (arrived !== undefined) names.set(arrived, `{M${names.size + 1}}`);
    const [, delivery, started] = /^starting delivery (\d+): msg (\d+) /.exec(raw) ?? [];
    if (delivery !== undefined && started !== undefined) deliveries.set(delivery, started);
    const ended = /^delivery (\d+): /.exec(raw)?.[1];
    const message = /^(?:new|info|bounce|end) msg (\d+)/.exec(raw)?.[1] ?? started ?? deliveries.get(ended ?? '');
    const line = recordedLine(raw, names, figures.nameOf);
    log.push(line);
    if (message !== undefined) {
      const known = byMessage.get(message);
      if (known === undefined) byMessage.set(message, [line]);
      else known.push(line);
    } else if (!line.startsWith('status: ')) otherLines.push(line);
  }
  const messages = [...byMessage.values()].map((lines) => (figures.order === 'any' ? lines.sort() : lines));
  return { messages, otherLines, log, left: left(figures.exported) };
}

function recordedLine(raw: string, names: ReadonlyMap<string, string>, nameOf: Figures['nameOf']): string {
  return raw
    .replace(
      /^(new msg|info msg|bounce msg|end msg|starting delivery \d+: msg) (\d+)/,
      (_, words, id) => `${words} ${names.get(id)}`,
    )
    .replace(/^(triple bounce: discarding bounce\/)(\d+)/, (_, words, id) => `${words}${names.get(id)}`)
    .replace(/^(info msg \{M\d+\}: bytes )\d+/, '$1{BYTES}')
    .replace(/ uid (\d+)$/, (_, uid) => ` uid {UID:${nameOf(Number(uid)) ?? uid}}`);
}

function left(exported: readonly string[]): SendLeft {
  const found: Record<string, string[]> = {};
  for (const line of exported) {
    const texts = JSON.parse(line) as Record<string, unknown>;
    for (const name of ['info', 'local', 'remote', 'bounce', 'todo']) {
      const text = texts[name];
      if (typeof text !== 'string') continue;
      found[name] ??= [];
      found[name].push(text);
    }
  }
  return found;
}
