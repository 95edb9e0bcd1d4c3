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
  reload: controlled('reload'),
  doqueue: controlled('doqueue'),
  pause: controlled('pause'),
  cont: controlled('cont'),
  queue: async () => (await import('./control/queue.js')).main,
  passwd: async () => (await import('./passwd/passwd.js')).main,
  check: async () => (await import('./care/check.js')).main,
  rescue: async () => (await import('./care/rescue.js')).main,
  compact: async () => (await import('./care/compact.js')).main,
  'import-queue': async () => (await import('./import/import-queue.js')).main,
  report: async () => (await import('./report/report.js')).main,
  sink: async () => (await import('./sink.js')).runSink,
  source: async () => (await import('./source.js')).runSource,
  help: async () => help,
  '--help': async () => help,
};

const usage = `usage: tqmail VERB [--home DIR]
  init DIR --me FQDN [--yes] [--listen BASE]   makes a home
  start [--ready-file FILE] [--user NAME]      runs the server in the foreground, log on stdout
  stop, restart                                ends the server; starts its node anew
  status [--json], stat                        says how it is
  pause, cont                                  stops accepting and delivering; goes on
  reload                                       rereads control/, all of it or none
  doqueue                                      makes every queued message due now
  queue [--export qmail]                       lists what is queued; or as qmail's queue files
  cdb                                          compiles users/assign and control/morercpthosts
  passwd USER                                  sets the password of a POP3 mailbox (--help)
  check [--queue]                              looks for what is wrong; --queue reads every record, server stopped
  rescue DIR                                   saves the sound messages of a stopped queue as files in a new folder
  compact                                      makes the data file of a stopped queue as small as it can be
  import-queue DIR                             takes over what a stopped qmail has queued
  report [FILE...]                             figures of the activity log (--help)
  demo                                         starts a demo home, made when there is none
  sink, source                                 takes mail and drops it; makes load (--help)
  help                                         this text
The home is --home DIR, else $QMAILHOME, else HOME when called as HOME/bin/tqmail, else /var/qmail.`;

async function help(): Promise<number> {
  process.stdout.write(`${usage}\n`);
  return 0;
}

export async function main(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const load = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (load === undefined) {
    complain(verb === undefined ? usage : `tqmail: unknown verb ${verb}\n${usage}`);
    return 1;
  }
  return orComplain('tqmail', async () => (await load())(rest));
}
