/** Unix and wire form of message text, judged by a plain regular-expression model. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes, fromByteString, toByteString } from '../../src/protocol/bytes.js';
import { UnixToWire, unixToWire, WireToUnix, wireToUnix } from '../../src/protocol/smtp/data.js';

const text = fc
  .array(fc.constantFrom('\n', '\n', '.', '..', 'a', 'word', '\r\n', ' ', '\xe9', '\t'), { maxLength: 40 })
  .map((parts) => parts.join(''));
const odd = fc.array(fc.constantFrom('\n', '.', 'a', '\r', '\0', '\r\n'), { maxLength: 20 }).map((parts) => parts.join(''));
const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 });

function pieces(whole: string, sizes: readonly number[]): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0, i = 0; at < whole.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    all.push(fromByteString(whole.slice(at, at + size)));
    at += size;
  }
  return all;
}

/** What goes over the wire, or why it cannot. */
function model(unix: string): string {
  const nul = unix.indexOf('\0');
  const cr = /\r(?!\n)/.exec(unix)?.index ?? -1;
  if (nul >= 0 && (cr < 0 || nul < cr)) return 'NUL';
  if (cr >= 0) return 'bare CR';
  const ended = unix === '' || unix.endsWith('\n') ? unix : `${unix}\n`;
  return ended.replace(/^\./gm, '..').replace(/\r?\n/g, '\r\n');
}

function wired(unix: string): string {
  const wire = unixToWire(fromByteString(unix));
  return typeof wire === 'string' ? wire : toByteString(wire);
}

test('unix to wire is what the model says, also for text that SMTP cannot carry', () => {
  fc.assert(
    fc.property(fc.oneof(text, odd), (unix) => assert.equal(wired(unix), model(unix))),
    { numRuns: 3000 },
  );
});

test('wire to unix undoes unix to wire', () => {
  fc.assert(
    fc.property(text, (unix) => {
      const back = toByteString(wireToUnix(fromByteString(wired(unix))));
      const plain = unix.replace(/\r\n/g, '\n');
      assert.equal(back, plain === '' || plain.endsWith('\n') ? plain : `${plain}\n`);
    }),
    { numRuns: 2000 },
  );
});

test('in pieces both ways give the same as whole', () => {
  fc.assert(
    fc.property(fc.oneof(text, odd), cuts, (unix, sizes) => {
      const conversion = new UnixToWire();
      const out: (Uint8Array | string)[] = pieces(unix, sizes).map((piece) => conversion.push(piece));
      const failed = out.find((one) => typeof one === 'string');
      const tail = failed ?? conversion.end();
      const streamed = typeof tail === 'string' ? tail : toByteString(concatBytes([...(out as Uint8Array[]), tail]));
      assert.equal(streamed, wired(unix));
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.oneof(text, odd), cuts, (wire, sizes) => {
      const conversion = new WireToUnix();
      const out = pieces(wire, sizes).map((piece) => conversion.push(piece));
      assert.equal(toByteString(concatBytes([...out, conversion.end()])), toByteString(wireToUnix(fromByteString(wire))));
    }),
    { numRuns: 3000 },
  );
});

test('a lone CR becomes a space where the setting says so', () => {
  assert.equal(toByteString(unixToWire(fromByteString('a\rb\r'), 'space') as Uint8Array), 'a b \r\n');
});

test('the arrays own exactly their bytes', () => {
  const wire = unixToWire(fromByteString('a\n'));
  assert.ok(wire instanceof Uint8Array);
  assert.equal(wire.buffer.byteLength, 3);
  assert.equal(wireToUnix(wire).buffer.byteLength, 2);
});

test('a single leading dot that was not doubled is dropped, as every SMTP server does', () => {
  assert.equal(toByteString(wireToUnix(fromByteString('.x\r\n..y\r\nz.\r\n'))), 'x\n.y\nz.\n');
});
