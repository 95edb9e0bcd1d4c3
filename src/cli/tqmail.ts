/**
 * `tqmail VERB`: finds the verb and loads only what it needs.
 */
import { complain, orComplain } from './complain.js';

type Main = (args: readonly string[]) => Promise<number>;

const control = async (): Promise<(verb: string) => Main> => (await import('./control/verbs.js')).controlVerb;
const controlled = (verb: string) => async (): Promise<Main> => (await control())(verb);

const verbs: Readonly<Record<string, () => Promise<Main>>> = {
  // The signal handlers stand before the rest of start is loaded.
  start: async () => {
    await import('./start/signals.js');
    return (await import('./start/start.js')).main;
  },
  cdb: async () => (await import('./cdb/verb.js')).main,
  demo: async () => {
    await import('./start/signals.js');
    return (await import('./init/demo.js')).main;
  },
  init: async () => (await import('./init/init.js')).main,
  stop: controlled('stop'),
  restart: controlled('restart'),
  status: controlled('status'),
  stat: controlled('stat'),
  metrics: async () => (await import('./control/metrics.js')).main,
  reload: controlled('reload'),
  doqueue: controlled('doqueue'),
  flush: async () => (await import('./control/flush.js')).main,
  pause: controlled('pause'),
  cont: controlled('cont'),
  remove: async () => (await import('./control/order.js')).orderVerb('remove'),
  bounce: async () => (await import('./control/order.js')).orderVerb('bounce'),
  hold: async () => (await import('./control/order.js')).orderVerb('hold'),
  retry: async () => (await import('./control/order.js')).orderVerb('retry'),
  queue: async () => (await import('./control/queue.js')).main,
  passwd: async () => (await import('./passwd/passwd.js')).main,
  check: async () => (await import('./care/check.js')).main,
  rescue: async () => (await import('./care/rescue.js')).main,
  compact: async () => (await import('./care/compact.js')).main,
  'import-queue': async () => (await import('./import/import-queue.js')).main,
  report: async () => (await import('./report/report.js')).main,
  sink: async () => (await import('./sink.js')).runSink,
  source: async () => (await import('./source.js')).runSource,
  bench: async () => (await import('./bench.js')).runBench,
  completion: async () => (await import('./manual/completion-verb.js')).main,
  help: async () => (await import('./manual/help-verb.js')).main,
};

/** Every verb; a test wants a row for each in src/cli/manual. */
export const verbNames: readonly string[] = Object.keys(verbs);

export async function main(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === '--help' || verb === '-h') return (await import('./manual/help-verb.js')).main([]);
  if (verb === '--version') return version();
  const load = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (load === undefined) return unknown(verb);
  if (asksForHelp(rest)) return (await import('./manual/help-verb.js')).main([verb ?? 'help']);
  return orComplain('tqmail', async () => (await load())(rest));
}

/** Behind `--` come words that only look like options. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--help');
}

async function unknown(verb: string | undefined): Promise<number> {
  const { overview } = await import('./manual/help.js');
  complain(verb === undefined ? overview() : `tqmail: unknown verb ${verb}\n${overview()}`);
  return 1;
}

async function version(): Promise<number> {
  const { readFileSync } = await import('node:fs');
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  process.stdout.write(`tqmail ${manifest.version}\n`);
  return 0;
}
