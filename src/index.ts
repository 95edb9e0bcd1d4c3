/**
 * The public API: a node to embed, and the two ends of a load test. Nothing else of this package is promised.
 * It binds no socket and takes no lock: `tqmail start` does both before it starts a node in a process of its own.
 */
import { resolve } from 'node:path';
import { startNode as startWith } from './actors/node.js';
import type { NodeOptions, RunningNode } from './actors/node-api.js';
import { readSettings } from './store/control-dir.js';

export type {
  InheritedListener,
  NodeOptions,
  NodeReport,
  Order,
  OrderCounts,
  QueuedMessage,
  QueuedPart,
  QueuePage,
  RunningNode,
} from './actors/node-api.js';
export type { Sink, SinkAddress, SinkListener, SinkOptions, SinkReport } from './actors/sink/sink.js';
export { startSink } from './actors/sink/sink.js';
export type { Target } from './actors/source/connection.js';
export type { SourceOptions, SourceProgress, SourceReport } from './actors/source/options.js';
export { runLoad } from './actors/source/source.js';
export type { ListenerSetting, Settings, SettingsProblem } from './protocol/settings.js';

/** Of the options only the home is needed; the others have the defaults that `startNode` names. */
export type StartOptions = Pick<NodeOptions, 'home'> & Partial<NodeOptions>;

/**
 * Starts a node on a home folder (made by `tqmail init`) in threads of this process. `settings` default to those of the
 * home's control folder, `uid` to the process's own, `listenerFds` to none: mail then comes through `run/queue.sock` alone.
 * The activity log goes to descriptor 1. The caller sees to it that no other node uses the same home, and ends the process
 * when `failed` resolves. Rejects when a control file is wrong (each named with its line) or a thread cannot start.
 */
export async function startNode(options: StartOptions): Promise<RunningNode> {
  const settings = options.settings ?? (await settingsOf(options.home));
  return startWith({ uid: process.geteuid?.() ?? 0, listenerFds: [], ...options, settings });
}

async function settingsOf(home: string): Promise<NodeOptions['settings']> {
  const read = await readSettings(home);
  if ('settings' in read) return read.settings;
  const lines = read.problems.map(({ file, line, text }) => `${resolve(home, file)}${line === 0 ? '' : `:${line}`}: ${text}`);
  throw new Error(`cannot start: ${lines.join('\n')}`);
}
