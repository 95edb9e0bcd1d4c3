/**
 * Recorded calls of the small programs (misc.md of the cases): each area has its own file below misc/, which exports
 * an adapter, or its `run`. An area without a file fails.
 */
import type { Adapter, RecordedCase, Tools } from '../runner/adapter.js';

type Run = Adapter['run'];

/** Areas that share a file. */
const files: Readonly<Record<string, string>> = {
  forward: 'mail-commands',
  condredirect: 'mail-commands',
  bouncesaying: 'mail-commands',
  except: 'mail-commands',
  preline: 'mail-commands',
  qreceipt: 'mail-commands',
  mailsubj: 'mail-commands',
  newmrh: 'compiled',
  newu: 'compiled',
};
const known = new Map<string, Promise<Run>>();

async function load(area: string): Promise<Run> {
  const module = (await import(`./misc/${files[area] ?? area}.js`)) as Record<string, Run | { readonly run?: Run }>;
  const runs = Object.values(module).map((value) => (typeof value === 'function' ? value : value.run));
  const run = runs.find((value) => value !== undefined);
  if (run === undefined) throw new Error(`misc/${files[area] ?? area}.ts exports no adapter`);
  return run;
}

export const misc: Adapter = {
  file: 'misc',
  async run(test: RecordedCase, tools: Tools) {
    const run = known.get(test.area) ?? load(test.area);
    known.set(test.area, run);
    return (await run)(test, tools);
  },
};
