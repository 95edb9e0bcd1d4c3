/**
 * `|fastforward [-nNpPdD] cdb` in ~alias/.qmail-default: forwards by a database of aliases (spec companions.md §4). Nobody
 * there: the message bounces, or with -p the next line of the file has its turn.
 */
import { nulTexts } from '../../protocol/aliases/commands.js';
import { type AliasTables, type Expansion, expand } from '../../protocol/aliases/expand.js';
import { fromByteString, toByteString } from '../../protocol/bytes.js';
import { cdbGet } from '../../protocol/cdb.js';
import type { ByteString } from '../../protocol/mail.js';
import { type Call, type Command, complainTo } from '../call.js';
import { Fatal, needed, orFatal, permanent, temporary, wrongUsage } from '../fatal.js';
import { readOptions } from '../getopt.js';
import { forwardTo, runShell } from './aliases/deliver.js';
import { listOctets, sourceOctets } from './aliases/files.js';

const name = 'fastforward';
const usage = wrongUsage(name, '[ -nNpPdD ] data.cdb');
const fileIsOver = 99;

interface Words {
  readonly file: ByteString;
  readonly letters: ReadonlySet<string>;
}

function words(call: Call): Words {
  const read = readOptions(call.args, 'nNpPdD', '');
  const letters = new Set<string>();
  if ('wrong' in read) {
    complainTo(call, `${name}: ${read.wrong}`);
    throw usage;
  }
  for (const { letter } of read.options) {
    if (letter === letter.toLowerCase()) letters.add(letter);
    else letters.delete(letter.toLowerCase());
  }
  const [file] = read.rest;
  if (file === undefined) throw usage;
  return { file, letters };
}

/** The incoming address. */
function address(call: Call, byExtension: boolean): ByteString {
  if (!byExtension) return set(call, 'RECIPIENT');
  const local = call.env.get('DEFAULT') ?? call.env.get('EXT');
  if (local === undefined) throw new Fatal(permanent, '$DEFAULT or $EXT must be set');
  return `${local}@${set(call, 'HOST')}`;
}

const set = (call: Call, variable: string): ByteString => {
  const value = call.env.get(variable);
  if (value === undefined) throw new Fatal(permanent, `$${variable} must be set`);
  return value;
};

function tables(file: ByteString, octets: Uint8Array): AliasTables {
  const look = (key: ByteString): Uint8Array | undefined => {
    const answer = cdbGet(octets, fromByteString(key));
    if (answer.tag === 'damaged') throw new Fatal(temporary, `${file} is damaged`);
    return answer.tag === 'found' ? answer.value : undefined;
  };
  const texts = (value: Uint8Array, where: ByteString): readonly ByteString[] => {
    const found = nulTexts(value);
    if (found === undefined) throw new Fatal(temporary, `${where} is damaged`);
    return found;
  };
  return {
    commands: (target) => {
      const value = look(`:${target.toLowerCase()}`);
      return value === undefined ? undefined : texts(value, file);
    },
    owner: (target) => {
      const value = look(`?${target.toLowerCase()}`);
      return value === undefined ? undefined : toByteString(value);
    },
    list: (path) => texts(listOctets(path), path),
  };
}

/** What would be done, on descriptor 2. */
function describe(call: Call, { programs, recipients }: Expansion, sender: ByteString): void {
  for (const program of programs) complainTo(call, `run ${program}`);
  if (recipients.length > 0) complainTo(call, `from <${sender}>`);
  for (const recipient of recipients) complainTo(call, `to <${recipient}>`);
  if (recipients.length === 0) complainTo(call, 'no forwarding');
}

async function deliver(call: Call, { programs, recipients }: Expansion, sender: ByteString): Promise<void> {
  const front = set(call, 'DTLINE');
  for (const program of programs) {
    const lines = program.startsWith('!') ? `${set(call, 'UFLINE')}${set(call, 'RPLINE')}${front}` : '';
    await runShell(call, program.slice(1), lines);
  }
  if (recipients.length > 0) await forwardTo(call, `${name}:`, sender, recipients, front);
}

export const run: Command = (call) =>
  orFatal(call, name, async () => {
    const { file, letters } = words(call);
    const recipient = address(call, letters.has('d'));
    const sender = needed(call, 'SENDER', permanent);
    let expansion: Expansion | undefined;
    try {
      expansion = expand(recipient, tables(file, await sourceOctets(file)));
    } catch (error) {
      if (error instanceof RangeError) throw new Fatal(temporary, `${recipient}: ${error.message}`);
      throw error;
    }
    if (expansion === undefined) {
      if (letters.has('p')) return 0;
      throw new Fatal(permanent, '', 'Sorry, no mailbox here by that name. (#5.1.1)');
    }
    const from = sender === '' || sender === '#@[]' ? sender : (expansion.owner ?? sender);
    if (letters.has('n')) describe(call, expansion, from);
    else await deliver(call, expansion, from);
    return letters.has('p') ? fileIsOver : 0;
  });
