/**
 * More files that people write: listeners, who may ask for waiting mail, lists of recipients and of blocked clients, what
 * showctl says of all; and mbox files that a load run replays. Refused with a reason, or read; what is read is bounded.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { blockOf, isZone, listName, ordered } from '../../../src/protocol/block-list.js';
import { parseListeners } from '../../../src/protocol/listeners.js';
import { parseRecipientSource, recipientKeys, recipientList } from '../../../src/protocol/recipient-check.js';
import type { SettingsProblem } from '../../../src/protocol/settings.js';
import { showControls } from '../../../src/protocol/showctl.js';
import { TurnPeers, turnProblems } from '../../../src/protocol/turn-peers.js';
import { readReplay } from '../../../src/store/replay-messages.js';
import { agree, holds, magnitude, octets, shape, type Target } from '../target.js';

export const listeners: Target = {
  name: 'listeners',
  words: ['smtp ', 'qmtp ', 'pop3 ', '127.0.0.1:25', '[::1]:0', ' rules=x', ' rbl=', ' lookup', '\n', '=', '0', '65536', '#'],
  seeds: () => ['smtp 127.0.0.1:2525 rules=control/rules.smtp\npop3 [::1]:110\n', 'qmtp 0.0.0.0:209\nqmqp :628\n', 'smtp *:25\n'],
  run(input) {
    const problems: SettingsProblem[] = [];
    const found = parseListeners(new Map([['listeners', input]]), problems);
    holds('bounded', found.length <= 64);
    for (const { address, port, options } of found) {
      holds('a port is one', Number.isInteger(port) && port >= 0 && port <= 65_535);
      holds('an address is a word', !/[\s\0]/.test(address) && Object.keys(options).every((name) => /^\S+$/.test(name)));
    }
    for (const { line, text } of problems) holds('a problem has a line and is one', line > 0 && !/[\0-\x1f]/.test(text));
    return `${magnitude(found.length)} ${problems
      .map(({ text }) => shape(text).slice(0, 10))
      .slice(0, 3)
      .join()}`;
  },
};

export const lists: Target = {
  name: 'lists',
  words: ['192.0.2.', '::1', '2001:db8:', ',', ':', 'cdb x', 'program a b', 'file ', '@', '-', 'bl.test', '127.0.0.2'],
  seeds: () => [
    '192.0.2.7, ::1',
    'file users/list',
    'program /bin/check -x',
    'A@B.test\n@c.test\n# d\n',
    '-go away',
    '2001:db8:',
  ],
  run(input) {
    const peers = { 'd.test': input, __proto__x: '::1' };
    const problems = turnProblems('f', peers);
    const domains = new TurnPeers(peers).domainsOf('192.0.2.7');
    holds(
      'a domain of the file',
      domains.every((domain) => domain in peers),
    );
    const source = parseRecipientSource(input);
    const [whole = '', host = ''] = recipientKeys(input.slice(0, 300), 'h.test');
    holds('the host is the end of the address', whole.endsWith(host) && host.startsWith('@'));
    for (const entry of recipientList(input)) holds('an entry is one line', !/\n/.test(entry) && entry !== '');
    const block = ordered(input, false);
    if (typeof block === 'object') {
      holds('a reply is one line of text', /^[\x20-\x7e]{0,500}$/.test(block.text));
      agree('hard or not', block.code, input.startsWith('-') ? 553 : 451);
    }
    holds('the words of a list too', /^[\x20-\x7e]{0,500}$/.test(blockOf(input, true).text));
    const name = isZone(input) ? listName('2001:db8::7', input) : undefined;
    if (name !== undefined) holds('a name can be asked', name.length <= 253 && !/[^\w.-]/.test(name));
    return `${problems.length} ${domains.length} ${source?.kind} ${name !== undefined} ${shape(input)}`;
  },
};

export const showctl: Target = {
  name: 'showctl',
  words: ['\n', ':', 'me', '.', '#', '\0', '-1', '99999999999'],
  seeds: () => ['mx.test\n', 'a.test\n.b.test\n', 'x:y\n:z\n', '7\n', ''],
  run(input) {
    const names = ['me', 'rcpthosts', 'smtproutes', 'concurrencyremote', 'virtualdomains', 'doublebounceto', 'odd'];
    const text = showControls({
      home: '/h',
      files: new Map(names.map((name) => [name, input])),
      unreadable: new Set(),
      names,
      mtimes: new Map(),
      uids: [1, 2],
      gids: [3],
    });
    holds('it ends its last line', text.endsWith('\n'));
    holds(
      'every file is told of',
      names.every((name) => text.includes(name)),
    );
    return `${magnitude(text.length)} ${shape(input)}`;
  },
};

let folder: string | undefined;
function mboxFile(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'tqmail-fuzz-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return join(folder, 'mbox');
}

export const replay: Target = {
  name: 'replay',
  words: ['\nFrom ', 'From a\n', '\n\n', '>From ', '\r\n', '\r', '.\n', '\n\r\nFrom b\n'],
  seeds: () => ['From a\nSubject: x\n\n.y\n>From z\n\nFrom b\n\nq\n', 'From a\n\nFrom b\r\nX: 1\r\n\r\n\xe4', 'x', ''],
  run(input) {
    const path = mboxFile();
    writeFileSync(path, input, 'latin1');
    const separators = input.startsWith('From ') && input.includes('\n') ? (input.match(/\nFrom /g)?.length ?? 0) + 1 : 0;
    let messages: ReturnType<typeof readReplay>['messages'];
    try {
      ({ messages } = readReplay(path));
    } catch (error) {
      holds('a refusal names the file', error instanceof Error && error.message.startsWith(`${path}: `));
      return `refused ${shape(input)}`;
    }
    holds('no message without a From line', messages.length > 0 && messages.length <= separators);
    for (const { wire, checksum, eightBit } of messages) {
      const text = Buffer.from(wire).toString('latin1');
      holds('wire form', !/(^|[^\r])\n|\r(?!\n)|(^|\n)\.\r\n/.test(text) && text.endsWith('\r\n'));
      const body = text.startsWith('\r\n') ? text.slice(2) : text.slice(text.indexOf('\r\n\r\n') + 4);
      agree("the checksum is the body's", checksum, crc32(octets(body)));
      agree('eight bit as a plain look', eightBit, /[\x80-\xff]/.test(text));
    }
    return `${magnitude(messages.length)} ${shape(input)}`;
  },
};
