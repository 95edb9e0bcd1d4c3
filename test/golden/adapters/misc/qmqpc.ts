/** qmail-qmqpc with a scripted server: its exit code and what the server was sent. */
import type { Step } from '../../../support/scripted-smtp-server.js';
import type { Adapter, RecordedCase, Tools } from '../../runner/adapter.js';

interface QmqpcCase extends RecordedCase {
  readonly controls: Readonly<Record<string, string>>;
  readonly message: string;
  readonly envelope: string;
  /** One script a connection. */
  readonly server: readonly (readonly Step[])[] | null;
  readonly listen: string | null;
}

const usual = 628;

async function run(test: QmqpcCase, tools: Tools): Promise<unknown> {
  tools.home(test.controls);
  const address = test.listen?.split(':')[0];
  const [server, port] = test.server === null ? [undefined, await tools.closedPort()] : await tools.server(test.server, address);
  const { exit } = await tools.invoke({
    program: 'qmail-qmqpc',
    env: { TQMAIL_PORT_OFFSET: String(port - usual) },
    input: test.message,
    reads: { 1: test.envelope },
    writes: [2],
  });
  await server?.quiet();
  return { exit, ...(server === undefined ? {} : { client: server.received }) };
}

export const qmqpc: Adapter<QmqpcCase> = { file: 'misc', run };
