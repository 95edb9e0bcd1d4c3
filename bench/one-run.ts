/**
 * One run of one candidate, whatever becomes of it.
 * It must not throw for what a server does: that is a result.
 */
import { postfixLoad } from './load/postfix.js';
import { tqmailLoad } from './load/tqmail.js';
import type { BenchOptions } from './options.js';
import type { Peer } from './peers/peer.js';
import { watched } from './peers/watched.js';
import { pause } from './process/children.js';
import { type RunRow, withoutFigures } from './result.js';
import { runScenario } from './scenarios/scenario.js';

/** A row in any case: a server that does not come up is a result, not a crash. */
export async function oneRun(options: BenchOptions, peer: Peer, dir: string, progress: (text: string) => void): Promise<RunRow> {
  const load = options.load === 'postfix' ? postfixLoad : tqmailLoad;
  const { peer: server, gone } = watched(peer);
  const goOn = (text: string): void => {
    const how = gone();
    if (how !== undefined) throw new Error(how);
    progress(text);
  };
  try {
    const missing = peer.missing(options) || load.missing();
    if (missing !== '') return { ok: false, error: missing };
    const row = withoutFigures(await runScenario({ options, peer: server, load, dir, progress: goOn }));
    const how = row.ok ? undefined : await told(gone);
    return how === undefined ? row : { ok: false, error: how };
  } catch (error) {
    return { ok: false, error: (await told(gone)) ?? (error instanceof Error ? error.message : String(error)) };
  }
}

/** The end of a process may be told a little later than what it caused. */
async function told(gone: () => string | undefined): Promise<string | undefined> {
  if (gone() === undefined) await pause(200);
  return gone();
}
