/**
 * qmail-local: one delivery for one user, as whoever calls it (spec local.md §2). The message is descriptor 0, seekable;
 * the texts go to descriptors 1 and 2. The delivery itself is the server's own (actors/local).
 */
import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { runLocal } from '../../actors/local/deliver.js';
import { localIo } from '../../actors/local/io.js';
import { Programs } from '../../actors/local/program.js';
import type { LocalIo, LocalRequest } from '../../actors/local/request.js';
import { commandName } from '../../protocol/mailbox/maildir.js';
import { descriptorMessage } from '../../store/descriptor-message.js';
import { type Call, put } from '../call.js';
import { readOptions } from '../getopt.js';
import { forwardMail } from './local/forward.js';

const usage = 'qmail-local: usage: qmail-local [ -nN ] user homedir local dash ext domain sender aliasempty\n';
const wrongUsage = 100;

function say(call: Call, stream: 'out' | 'err', text: string): void {
  try {
    put(call, stream === 'out' ? 1 : 2, text);
  } catch {
    // Nobody listens; the exit code still tells.
  }
}

/** The request of the command line, or what is wrong with it, for descriptor 2. */
function readRequest(call: Call): LocalRequest | string {
  const read = readOptions(call.args, 'nN', '');
  if ('wrong' in read) return `qmail-local: ${read.wrong}\n${usage}`;
  const [user, home, local, dash, ext, host, sender, defaultDelivery] = read.rest;
  if (user === undefined || home === undefined || local === undefined || dash === undefined || ext === undefined) return usage;
  if (host === undefined || sender === undefined || defaultDelivery === undefined || read.rest.length > 8) return usage;
  if (!home.startsWith('/')) return usage;
  const name = hostname();
  return {
    user,
    home,
    local,
    dash,
    ext,
    host,
    sender,
    defaultDelivery,
    message: descriptorMessage(call.descriptor(0)),
    repeated: false,
    print: read.options.at(-1)?.letter === 'n',
    maildirName: () => {
      const now = Date.now();
      return commandName(Math.floor(now / 1000), process.pid, (now % 1000) * 1000 + randomInt(1000), randomInt(10_000), name);
    },
  };
}

function ioOf(call: Call): LocalIo {
  return {
    ...localIo({}, hostname(), process.geteuid?.() ?? 0),
    environment: Object.fromEntries(call.env),
    programs: new Programs({ out: call.descriptor(1), err: call.descriptor(2) }),
    output: (stream, text) => say(call, stream, text),
  };
}

export async function run(call: Call): Promise<number> {
  const request = readRequest(call);
  if (typeof request === 'string') {
    say(call, 'err', request);
    return wrongUsage;
  }
  const umask = process.umask(0o077);
  try {
    const result = await runLocal(request, ioOf(call));
    if (result.forward === undefined) return result.exit;
    const { exit, out, err } = await forwardMail(call, request.message, result.forward, result.variables ?? {});
    say(call, 'err', err);
    say(call, 'out', exit === 0 ? result.output + out : '');
    return exit;
  } finally {
    process.umask(umask);
  }
}
