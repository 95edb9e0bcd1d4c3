/**
 * The recorded sessions of qmail-smtpd through the listener, over a real connection. What a listener cannot be told is
 * left out or set aside here: a queue program in place of its own queue, and names of the client (it has the address alone).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Submission } from '../../src/actors/messages.js';
import { parseSettings } from '../../src/protocol/control.js';
import { wireToUnix } from '../../src/protocol/smtp/data.js';
import { openHouse } from '../support/smtpd-house.js';
import type { SmtpdCase } from './adapters/smtpd.js';
import type { Queued } from './runner/adapter.js';
import { ownChoices } from './runner/differences.js';
import { hostTable } from './runner/home.js';
import { casesFolder, readCases } from './runner/lists.js';
import { valueWithPlaceholders } from './runner/placeholders.js';

const own = ownChoices();
const all = readCases(casesFolder(undefined), 'smtpd') as readonly SmtpdCase[];

/** The listener hands over to its own queue, so what a queue program in its place says cannot happen. */
const ownQueue = ({ queueExit = 0, queueCrashes, queueReadsNothing }: SmtpdCase): boolean =>
  queueExit === 0 && queueCrashes !== true && queueReadsNothing !== true;
/** Without control/me there is no server; `tqmail start` says so. */
const named = ({ controls }: SmtpdCase): boolean => controls.me !== undefined;
/** Lines longer than the listener keeps, one of many sessions in a process. */
const longLines = new Set(['smtpd-0048', 'smtpd-0049']);
const expressible = (one: SmtpdCase): boolean => ownQueue(one) && named(one) && !longLines.has(one.id);

/** The variables that rules can set. */
function rulesOf({ env }: SmtpdCase): string {
  const set = ['RELAYCLIENT', 'DATABYTES'].filter((name) => env[name] !== undefined).map((name) => `,${name}="${env[name]}"`);
  return `:allow${set.join('')}\n`;
}

/** Says `input` at once, closes its side and answers with all that the server says. */
function session(port: number, input: string): Promise<string> {
  return new Promise((settle, fail) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let said = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
    });
    // Octets after QUIT may meet a closed connection.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') fail(error);
    });
    socket.once('end', () => socket.end());
    socket.once('close', () => settle(said));
    socket.end(input, 'latin1');
  });
}

function queuedOf(queueDir: string, { envelope, bytes, file }: Submission): Queued {
  const wire = bytes ?? readFileSync(join(queueDir, file ?? ''));
  const message = Buffer.from(wireToUnix(wire)).toString('latin1');
  return { sender: envelope.sender, recipients: envelope.recipients, message };
}

interface Result {
  readonly output: string;
  readonly queued: readonly Queued[];
}

async function listened(one: SmtpdCase): Promise<Result> {
  const parsed = parseSettings(new Map(Object.entries(one.controls)));
  assert.ok('settings' in parsed, one.id);
  const more = one.morercpthosts === undefined ? {} : { 'control/morercpthosts.cdb': hostTable(one.morercpthosts) };
  const ends: (() => Promise<void>)[] = [];
  const house = await openHouse({ after: (end: () => Promise<void>) => void ends.push(end) } as unknown as TestContext, {
    settings: parsed.settings,
    rules: 'control/tcp.smtp',
    files: { 'control/tcp.smtp': rulesOf(one), ...more },
  });
  try {
    const from = Math.floor(Date.now() / 1000);
    const output = await session(house.port, one.input);
    const queued = house.submissions.map((submission) => queuedOf(join(house.home, 'queue'), submission));
    return valueWithPlaceholders({ output, queued }, { from, to: Math.floor(Date.now() / 1000), host: 'none' }) as Result;
  } finally {
    for (const end of ends) await end();
  }
}

/** The listener's own announcements after EHLO, and the codes that come with them. */
function withoutExtensions(output: string): string {
  return output
    .replaceAll(/250-8BITMIME\r\n250-SIZE \d+\r\n250 ENHANCEDSTATUSCODES\r\n/g, '250 8BITMIME\r\n')
    .replaceAll(/^(\d{3}[ -])\d\.\d\.\d{1,2} /gm, '$1');
}

const trace = /^Received: from \S*( \(HELO [^)]*\))? \(\S*\)\n {2}by \S* with SMTP; \{DATE\}\n/;
const queueTrace = 'Received: (qmail {PID} invoked from network); {DATE}\n';

/** What is below the trace fields; those of the listener name an address and no host. */
function belowTrace(queued: readonly Queued[], own: boolean, id: string): readonly Queued[] {
  return queued.map(({ message, ...envelope }) => {
    if (own) assert.ok(message.startsWith(queueTrace), `${id}: ${message.slice(0, 200)}`);
    const rest = own ? message.slice(queueTrace.length) : message;
    assert.match(rest, trace, id);
    return { ...envelope, message: rest.replace(trace, '') };
  });
}

const cases = all.filter(expressible);
const areas = new Set(cases.map(({ area }) => area));

test('most sessions can be had with a listener', (t) => {
  assert.ok(cases.length > 250, `${cases.length}`);
  t.diagnostic(`${cases.length} of ${all.length}; ${all.filter((one) => !ownQueue(one)).length} need another queue program`);
});

for (const area of areas) {
  test(`smtpd through the listener: ${area}`, async () => {
    for (const one of cases.filter((other) => other.area === area)) {
      const choice = own('smtpd', one);
      const want = (choice?.listed === true ? choice.result : one.expected) as SmtpdCase['expected'];
      const got = await listened(one);
      const output = /^ehlo/im.test(one.input) ? withoutExtensions(got.output) : got.output;
      assert.equal(output, want.output, one.id);
      assert.deepEqual(belowTrace(got.queued, true, one.id), belowTrace(want.queued, false, one.id), one.id);
    }
  });
}
