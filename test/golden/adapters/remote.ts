/**
 * qmail-remote against a scripted server: name server with the recorded zone, routes, what the client sent.
 */
import type { Step } from '../../support/scripted-smtp-server.js';
import type { Adapter, RecordedCase, Tools } from '../runner/adapter.js';

interface RemoteCase extends RecordedCase {
  readonly controls: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly message: string;
  readonly server: readonly Step[] | null;
  readonly listen?: string;
  readonly expected: { readonly client?: readonly string[] };
}

/** The recording does not name the address where a relay is given by name; the zone has one that is not this host's. */
function addressOf({ listen, controls }: RemoteCase): string {
  if (listen !== undefined) return listen.slice(0, listen.lastIndexOf(':'));
  const route = /^[^:\n]*:(.*):\$PORT/m.exec(controls.smtproutes ?? '')?.[1];
  return route === undefined || /^\[?[0-9]/.test(route) ? '127.0.0.1' : '127.0.0.3';
}

async function run(test: RemoteCase, tools: Tools): Promise<unknown> {
  const [server, port] =
    test.server === null ? [undefined, await tools.closedPort()] : await tools.server([test.server], addressOf(test));
  const controls = Object.entries(test.controls).map(([name, text]) => [name, text.replaceAll('$PORT', String(port))]);
  tools.home(Object.fromEntries(controls));
  const usual = Number(test.listen?.split(':')[1] ?? port);
  // The recorded resolver asked once, for one second.
  const env = {
    TQMAIL_DNS: await tools.nameserver(),
    TQMAIL_PORT_OFFSET: String(port - usual),
    RES_OPTIONS: 'timeout:1 attempts:1',
  };
  const ended = await tools.invoke({ program: 'qmail-remote', args: test.args, env, input: test.message });
  await server?.quiet();
  const client = server?.received ?? [];
  const seen = test.expected.client === undefined && client.length === 0 ? {} : { client };
  return { exit: ended.exit, report: ended.stdout, stderr: ended.stderr, ...seen };
}

export const adapter: Adapter<RemoteCase> = { file: 'remote', run };
