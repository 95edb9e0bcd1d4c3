/** tcp-env with an accepted connection as its input; always a process of its own, since the connection becomes the program's. */
import { connect, createServer, type Socket } from 'node:net';
import type { Step } from '../../../support/scripted-smtp-server.js';
import type { Adapter, RecordedCase, Tools } from '../../runner/adapter.js';
import { endOf, startProcess } from '../../runner/own-process.js';

interface TcpEnvCase extends RecordedCase {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Address of each end; absent: the input is no connection. */
  readonly client?: string;
  readonly server?: string;
  readonly ident?: readonly Step[] | null;
}

const identPort = 113;

/** A connection from `client` to `server`: the server's end, unread. */
function accepted(client: string, address: string, tools: Tools): Promise<Socket> {
  return new Promise((settle, fail) => {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      tools.after(() => {
        socket.destroy();
        server.close();
      });
      settle(socket);
    });
    server.once('error', fail);
    server.listen(0, address, () => {
      const bound = server.address();
      if (bound === null || typeof bound !== 'object') return;
      const socket = connect({ host: address, port: bound.port, localAddress: client });
      socket.on('error', fail);
      tools.after(() => void socket.destroy());
    });
  });
}

async function identOffset({ ident, client = '127.0.0.1' }: TcpEnvCase, tools: Tools): Promise<number> {
  if (ident === null || ident === undefined) return (await tools.closedPort(client)) - identPort;
  const [, port] = await tools.server([ident], client);
  return port - identPort;
}

export const tcpEnv: Adapter<TcpEnvCase> = {
  file: 'misc',
  async run(test, tools) {
    const home = tools.home();
    const args = test.argv.slice(1);
    if (test.client === undefined || test.server === undefined) {
      return { exit: (await tools.invoke({ program: 'tcp-env', args, own: true })).exit };
    }
    const socket = await accepted(test.client, test.server, tools);
    const env = {
      ...test.env,
      TQMAIL_DNS: await tools.nameserver(),
      TQMAIL_PORT_OFFSET: String(await identOffset(test, tools)),
    };
    const child = startProcess(tools.folder, home, { program: 'tcp-env', args, env }, [socket, 'pipe', 'pipe']);
    const texts = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      texts.stdout += text;
    });
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      texts.stderr += text;
    });
    const exit = await endOf(child);
    const stdout = texts.stdout
      .replace(`REMOTEPORT=${socket.remotePort}\n`, 'REMOTEPORT={CLIENTPORT}\n')
      .replace(`LOCALPORT=${socket.localPort}\n`, 'LOCALPORT={SERVERPORT}\n');
    return { exit, stdout, stderr: texts.stderr };
  },
};
