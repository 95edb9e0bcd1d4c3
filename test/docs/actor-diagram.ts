/**
 * Draws the actors from messages.ts: the edges from `sends`, the inboxes from the source text (types are gone at run time).
 * Plain text, so that it reads the same in a terminal and on a web page. Pure.
 */

export type Edges = Readonly<Record<string, readonly string[]>>;

/** What an actor takes, in the order of the source. */
export interface Inbox {
  readonly actor: string;
  readonly messages: readonly { readonly name: string; readonly kind: 'ask' | 'tell' }[];
}

/** Reads the `Inboxes` interface out of the text of messages.ts. Throws when it is not there. */
export function inboxes(source: string): Inbox[] {
  const [, body] = /^export interface Inboxes \{\n([\s\S]*?)^\}/m.exec(source) ?? [];
  if (body === undefined) throw new Error('messages.ts: no interface Inboxes');
  return body
    .split(/^ {2}(?=\w+: )/m)
    .filter((part) => part.trim() !== '')
    .map((part) => ({
      actor: part.slice(0, part.indexOf(':')),
      messages: [...part.matchAll(/(\w+): (Ask|Tell)</g)].map(([, name = '', kind]) => ({
        name,
        kind: kind === 'Ask' ? 'ask' : 'tell',
      })),
    }));
}

/** The whole picture as lines of text. An actor to which nearly all others write has a line of its own. */
export function actorDiagram(edges: Edges, boxes: readonly Inbox[]): string {
  const names = Object.keys(edges);
  const heard = names.filter((to) => writers(edges, to).length / (names.length - 1) > 0.7);
  const width = Math.max(...names.map((name) => name.length));
  const arrows = names
    .map((from) => ({ from, to: (edges[from] ?? []).filter((name) => !heard.includes(name)) }))
    .filter(({ to }) => to.length > 0)
    .map(({ from, to }) => `${from.padStart(width)} ──▶ ${to.join(', ')}`);
  const all = heard.map((to) => `${writers(edges, to).join(', ')} ──▶ ${to}`);
  const takes = boxes
    .filter(({ messages }) => messages.length > 0)
    .map(
      ({ actor, messages }) =>
        `${actor.padStart(width)}  ${messages.map(({ name, kind }) => (kind === 'ask' ? `${name}?` : name)).join('  ')}`,
    );
  return [
    'Who may write to whom:',
    ...arrows,
    ...all,
    '',
    'What each takes (name? is an ask: exactly one answer; the others are hints that may be lost):',
    ...takes,
  ].join('\n');
}

function writers(edges: Edges, to: string): string[] {
  return Object.keys(edges).filter((from) => edges[from]?.includes(to));
}
