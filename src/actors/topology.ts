/**
 * THE PLACEMENT: which actor runs on which thread, how often, and how much each edge may hold.
 * Together with messages.ts this is the whole system. `remote` and `local` run on the pool
 * threads that rspawn and lspawn own; all others are placed here.
 */
import type { Settings } from '../protocol/settings.js';
import { type ActorName, sends } from './messages.js';

/** main: the node's main thread. front: takes mail in. core: the one user of the store. */
export type Group = 'main' | 'front' | 'core';
export type PlacedActor = Exclude<ActorName, 'local' | 'remote'>;

export interface Placement {
  readonly groups: Readonly<Record<PlacedActor, Group>>;
  /** Threads of the front group; 0 = the front's actors run in the core thread. */
  readonly fronts: number;
  /** Worker threads of each delivery pool. */
  readonly remoteThreads: number;
  readonly localThreads: number;
}

const roles: Readonly<Record<PlacedActor, Group>> = {
  smtpd: 'front',
  qmtpd: 'front',
  qmqpd: 'front',
  pop3d: 'front',
  inject: 'front',
  queue: 'core',
  send: 'core',
  lspawn: 'core',
  rspawn: 'core',
  clean: 'core',
  splogger: 'main',
};
const single: Readonly<Record<PlacedActor, Group>> = {
  smtpd: 'core',
  qmtpd: 'core',
  qmqpd: 'core',
  pop3d: 'core',
  inject: 'core',
  queue: 'core',
  send: 'core',
  lspawn: 'core',
  rspawn: 'core',
  clean: 'core',
  splogger: 'main',
};

/** Threads by the number of cores: one each on two cores; 16 cores have 4 fronts, 8 remote, 2 local. */
export function placement(settings: Settings, cores: number): Placement {
  const groups = settings.topology === 'single' ? single : roles;
  return {
    groups,
    fronts: settings.topology === 'single' ? 0 : Math.max(1, Math.floor(cores / 4)),
    remoteThreads: Math.max(1, Math.min(Math.floor(cores / 2), Math.ceil(settings.concurrencyremote / 4))),
    localThreads: Math.max(1, Math.min(Math.floor(cores / 8), Math.ceil(settings.concurrencylocal / 4))),
  };
}

/** The actors of one group that those of another write to: what a link between their threads must reach. */
export function reached({ groups }: Pick<Placement, 'groups'>, from: Group, to: Group): readonly PlacedActor[] {
  const placed = Object.keys(groups) as PlacedActor[];
  const peers = new Set<ActorName>(placed.filter((name) => groups[name] === from).flatMap((name) => [...sends[name]]));
  return placed.filter((name) => groups[name] === to && peers.has(name));
}

/** `Sender>receiver` for every edge of `sends`. */
export type EdgeName = { [A in ActorName]: `${A}>${(typeof sends)[A][number]}` }[ActorName];

export interface EdgeRule {
  /** Most messages that may wait on this edge: asks without an answer, tells not yet handled. A further one is refused. */
  readonly capacity: number;
  /** Milliseconds of the asking thread's running time after which an ask is answered `unanswered`; up to half a second more or less. */
  readonly deadlineMs: number;
}

const minute = 60_000;
/**
 * A delivery that is asked for again while it still runs would take place twice, and as long as it makes progress it may take
 * any time: a large message to a slow server, a program in a .qmail file. A thread that ends or stands still is noticed
 * otherwise; this is for an answer that was forgotten, after the time that a message usually stays in the queue.
 */
const deliveryMs = 7 * 24 * 60 * minute;

export const edgeRules: Readonly<Record<EdgeName, EdgeRule>> = {
  'smtpd>queue': { capacity: 2_000, deadlineMs: minute },
  'smtpd>send': { capacity: 1_000, deadlineMs: minute },
  'smtpd>splogger': { capacity: 4_096, deadlineMs: minute },
  'qmtpd>queue': { capacity: 2_000, deadlineMs: minute },
  'qmtpd>splogger': { capacity: 4_096, deadlineMs: minute },
  'qmqpd>queue': { capacity: 2_000, deadlineMs: minute },
  'qmqpd>splogger': { capacity: 4_096, deadlineMs: minute },
  'pop3d>splogger': { capacity: 4_096, deadlineMs: minute },
  'inject>queue': { capacity: 1_000, deadlineMs: minute },
  'inject>splogger': { capacity: 4_096, deadlineMs: minute },
  'queue>send': { capacity: 4_096, deadlineMs: minute },
  'queue>splogger': { capacity: 4_096, deadlineMs: minute },
  'send>queue': { capacity: 100_000, deadlineMs: 5 * minute },
  'send>lspawn': { capacity: 10_000, deadlineMs: deliveryMs },
  'send>rspawn': { capacity: 10_000, deadlineMs: deliveryMs },
  'send>splogger': { capacity: 4_096, deadlineMs: minute },
  'lspawn>queue': { capacity: 10_000, deadlineMs: minute },
  'lspawn>local': { capacity: 10_000, deadlineMs: deliveryMs },
  'lspawn>splogger': { capacity: 4_096, deadlineMs: minute },
  'rspawn>queue': { capacity: 10_000, deadlineMs: minute },
  'rspawn>remote': { capacity: 10_000, deadlineMs: deliveryMs },
  'rspawn>splogger': { capacity: 4_096, deadlineMs: minute },
  'clean>queue': { capacity: 1_000, deadlineMs: 5 * minute },
};
