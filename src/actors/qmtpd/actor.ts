/**
 * qmtpd: the QMTP listeners of one thread (spec qmtp-qmqp.md §2). Decides whom a client may write to; the rest is
 * net/package-server.ts.
 */
import { QmtpServerSession } from '../../protocol/qmtp.js';
import { compileRelay, type Relay } from '../../protocol/relay.js';
import type { Settings } from '../../protocol/settings.js';
import { moreRcptHosts } from '../../store/more-rcpthosts.js';
import type { Actor, ActorContext } from '../kernel/actor.js';
import { PackageServer, type PackageServerOptions } from '../net/package-server.js';

export interface Qmtpd extends Actor<'qmtpd'> {
  /** Ports in use, in the order of the listeners. */
  readonly ports: readonly number[];
}

export function createQmtpd(context: ActorContext<'qmtpd'>, options: PackageServerOptions): Qmtpd {
  let settings: Settings = context.settings;
  const relayNow = (): Relay =>
    compileRelay(
      settings,
      moreRcptHosts(options.home, () => context.clock.monotonic()),
    );
  let relay = relayNow();
  const server = new PackageServer('qmtp', context, options, ({ relayclient, databytes, blocked }) => {
    const { rcptAllowed } = relay;
    return new QmtpServerSession({
      databytes: databytes ?? settings.databytes,
      maxRecipients: settings.maxrcpt,
      relayclient,
      allowed: rcptAllowed,
      blocked: blocked === undefined ? undefined : `${blocked.code === 451 ? 'Z' : 'D'}${blocked.text}`,
    });
  });
  return {
    handlers: {},
    get ports() {
      return server.ports;
    },
    start: () => server.start(),
    reload(changed) {
      settings = changed;
      relay = relayNow();
      server.reload(changed);
    },
    drain: () => server.drain(),
    stop: () => server.stop(),
    counters: () => server.counters(),
  };
}
