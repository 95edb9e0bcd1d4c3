/**
 * qmqpd: the QMQP listeners of one thread (spec qmtp-qmqp.md §3). Whoever its access rules let in may send mail
 * anywhere; without rules only this machine may. The rest is net/package-server.ts.
 */
import { QmqpServerSession } from '../../protocol/qmqp.js';
import type { Settings } from '../../protocol/settings.js';
import type { Actor, ActorContext } from '../kernel/actor.js';
import { PackageServer, type PackageServerOptions } from '../net/package-server.js';

export interface Qmqpd extends Actor<'qmqpd'> {
  /** Ports in use, in the order of the listeners. */
  readonly ports: readonly number[];
}

export function createQmqpd(context: ActorContext<'qmqpd'>, options: PackageServerOptions): Qmqpd {
  let settings: Settings = context.settings;
  const server = new PackageServer('qmqp', context, options, () => new QmqpServerSession({ maxRecipients: settings.maxrcpt }));
  return {
    handlers: {},
    get ports() {
      return server.ports;
    },
    start: () => server.start(),
    reload(changed) {
      settings = changed;
      server.reload(changed);
    },
    drain: () => server.drain(),
    stop: () => server.stop(),
    counters: () => server.counters(),
  };
}
