/**
 * Runs one case: a whole server of its own, normal mail all the while, the overload, then the account. A case passes
 * when normal mail was taken and left, nothing accepted was lost or altered, memory stayed below the case's ceiling, the
 * node is the one that was started, and `tqmail status` named what limits it.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startKeepingSink } from '../../support/keeping-sink.js';
import { banner, type Ending, makeMailHome, openFolder, soon, until } from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import { statusOf } from '../../support/server-status.js';
import { numberOf } from '../kill/numbered.js';
import { readMaildir } from '../kill/rounds.js';
import type { OverloadCase, Row, Scene } from './case.js';
import { Trickle, type TrickleFigures } from './trickle.js';
import { Watch, type Watched } from './watch.js';

export interface RunOptions {
  readonly scale: number;
  /** Spoils the server while the case goes on: the row must have complaints. */
  readonly spoil?: (scene: Scene) => Promise<void>;
  /** The well hop says 250 and forgets every so many-th message. */
  readonly forgets?: number;
  /** In place of the case's own: seconds in which accepted normal mail must have left. */
  readonly leavesWithin?: number;
  /** Environment of the server. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Normal mail before the overload begins, so that what follows has something to be compared with. */
const calmMs = 1_000;

/** Starts what the case needs and ends it. Rejects only when the server does not start. */
export async function runCase(one: OverloadCase, options: RunOptions): Promise<Row> {
  const ends: (() => void | Promise<void>)[] = [];
  try {
    return await run({ after: (end) => void ends.push(end) }, one, options);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function run(ending: Ending, one: OverloadCase, options: RunOptions): Promise<Row> {
  const begun = performance.now();
  const { scale, spoil, forgets = 0 } = options;
  let trickle: Trickle | undefined;
  let taken = 0;
  const well = await startKeepingSink(ending, {
    taken: ({ bytes }) => {
      taken += 1;
      if (forgets === 0 || taken % forgets !== 0) trickle?.arrived(numberOf(bytes));
      return { accept: true };
    },
  });
  const ground = { ending, scale, wellPort: well.port };
  const prepared = await one.prepare(ground);
  const home = await makeMailHome(openFolder(ending), well.port, prepared.control);
  await prepared.fill?.(home);
  const server = new ServerProcess(ending, home, { ...options.env, ...prepared.env });
  await banner(home.port, 60_000);
  const node = server.pid('node');
  const watch = new Watch(server);
  const normal = new Trickle(home.port);
  trickle = normal;
  ending.after(() => normal.stop());
  const scene: Scene = { ...ground, server, home, trickle: normal };
  const complaints: string[] = [];
  await soon(calmMs);
  const spoiled = spoil?.(scene);
  const figures = await prepared.provoke(scene).catch((error: unknown) => {
    complaints.push(error instanceof Error ? error.message : String(error));
    return '';
  });
  await spoiled;
  await normal.stop();
  complaints.push(...(await leftOver({ ...one, ...options }, scene)));
  const watched = await watch.stop();
  const told = normal.figures();
  complaints.push(...served(one, told, normal.firstTrouble), ...limits(one, watched), ...(await sameNode(server, node)));
  // Deliveries that hang would be waited for.
  await server.killAll();
  return {
    name: one.name,
    figures,
    normal: `${told.accepted} of ${told.begun}, in ${told.slowestAnswer.toFixed(1)} s, left in ${told.slowestDelivery.toFixed(1)} s`,
    watched,
    complaints,
    seconds: Math.round((performance.now() - begun) / 100) / 10,
  };
}

/** Waits for the normal mail that was accepted, here and at the next hop. */
async function leftOver(
  { leavesWithin = 60 }: Pick<OverloadCase, 'leavesWithin'>,
  { home, trickle }: Scene,
): Promise<readonly string[]> {
  const { book } = trickle;
  const here = (): number => readdirSync(join(home.maildir, 'new')).length;
  const all = (): boolean => book.behind === 0 && here() >= book.accepted;
  await until('the normal mail has left', leavesWithin * 1000, all).catch(() => undefined);
  const missing = book.behind;
  readMaildir(home.maildir, book);
  const { lost, altered, twiceLocal } = book.verdict();
  const found: string[] = [];
  if (missing > 0) found.push(`${missing} normal messages did not reach the next hop`);
  if (lost > missing) found.push(`${lost - missing} normal messages are not in the mailbox`);
  if (altered > 0 || twiceLocal > 0) found.push(`${altered} altered, ${twiceLocal} twice in the mailbox`);
  return found;
}

function served({ served: share = 0.95 }: OverloadCase, told: TrickleFigures, trouble: string): readonly string[] {
  const found: string[] = [];
  if (told.accepted < share * told.begun) found.push(`only ${told.accepted} of ${told.begun} normal messages taken (${trouble})`);
  if (told.cut > (1 - share) * told.begun) found.push(`${told.cut} normal clients cut off or kept waiting (${trouble})`);
  return found;
}

function limits({ limited, mostMiB }: OverloadCase, watched: Watched): readonly string[] {
  const found: string[] = [];
  if (watched.peakMiB > mostMiB) found.push(`${Math.round(watched.peakMiB)} MiB, more than ${mostMiB}`);
  if (limited !== undefined && !watched.limits.some((line) => limited.test(line))) {
    found.push(`status never said ${limited}: ${watched.limits.join('; ')}`);
  }
  return found;
}

async function sameNode(server: ServerProcess, node: number | undefined): Promise<readonly string[]> {
  const status = await statusOf(server).catch(() => undefined);
  if (status === undefined) return ['the node does not answer'];
  const restarts = status.threads.restarts ?? 0;
  return server.pid('node') === node && restarts === 0 ? [] : [`the node was replaced, or ${restarts} of its threads`];
}
