/** Addresses in SMTP commands, dates, Received lines. The recorded cases test the same code against qmail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  commandAddress,
  parseAddressArgument,
  quoteAddress,
  replaceOwnLiteral,
  splitAddress,
  unsendable,
} from '../../src/protocol/address.js';
import { dateFormatter, formatDate } from '../../src/protocol/date.js';
import { invokedBy, queueReceived, serverReceived } from '../../src/protocol/received.js';

test('the parameters are what follows the address', () => {
  assert.deepEqual(parseAddressArgument('FROM:<a@b> SIZE=5'), { address: 'a@b', rest: ' SIZE=5' });
  assert.deepEqual(parseAddressArgument('FROM:<"a> b"@c> X'), { address: 'a> b@c', rest: ' X' });
  assert.deepEqual(parseAddressArgument('FROM: a@b SIZE=5'), { address: 'a@b', rest: 'SIZE=5' });
});

test('a quoted address is read back as it was', () => {
  const octets = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 12 });
  fc.assert(
    fc.property(octets, fc.constantFrom('example.org', '[127.0.0.1]'), (local, domain) => {
      const address = `${local}@${domain}`;
      if (unsendable(address)) return;
      assert.equal(parseAddressArgument(`TO:<${quoteAddress(address)}>`).address, address);
    }),
    { numRuns: 3000 },
  );
});

test('an address without host: quoted in header lines, unchanged in commands', () => {
  for (const [address, header, command] of [
    ['', '', ''],
    ['solo', 'solo', 'solo'],
    ['a b', '"a b"', 'a b'],
    ['a"b', '"a\\"b"', 'a"b'],
    ['a b@c d', '"a b"@c d', '"a b"@c d'],
  ] as const) {
    assert.equal(quoteAddress(address), header);
    assert.equal(commandAddress(address), command);
  }
});

test('an address is split at its last @', () => {
  assert.deepEqual(splitAddress('a@b@c'), { local: 'a@b', domain: 'c' });
  assert.deepEqual(splitAddress('a'), { local: 'a', domain: undefined });
});

test('own literals alone are replaced', () => {
  const own = (ip: string) => ip === '127.0.0.1';
  assert.equal(replaceOwnLiteral('joe@[127.0.0.1]', 'mx.example', own), 'joe@mx.example');
  for (const odd of ['joe@[127.000.0.01]', 'joe@[383.256.512.18446744073709551617]'])
    assert.equal(replaceOwnLiteral(odd, 'mx.example', own), 'joe@mx.example', 'numbers count modulo 256');
  for (const other of ['joe@[127.0.0.2]', 'joe@[127.0.0.1', 'joe@127.0.0.1', '[127.0.0.1]', 'joe@[127.1]']) {
    assert.equal(replaceOwnLiteral(other, 'mx.example', own), other);
  }
});

test('dates agree with the calendar of the platform', () => {
  const now = dateFormatter();
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000_000, max: 20_000_000_000 }), (seconds) => {
      const [, day, month, year, time] = new Date(seconds * 1000).toUTCString().split(' ');
      const expected = `${Number(day)} ${month} ${year} ${time} -0000`;
      assert.equal(formatDate(seconds), expected);
      assert.equal(now(seconds + 0.5), expected);
    }),
    { numRuns: 2000 },
  );
});

test('Received lines: what the client says cannot break them', () => {
  const from = {
    remoteHost: 'a b\r\nX:',
    remoteIp: '::1',
    remoteInfo: undefined,
    helo: 'h\n(',
    local: undefined,
    protocol: 'SMTP',
  };
  assert.equal(
    serverReceived(from, '1 Jan 2026 00:00:00 -0000', '\r\n'),
    'Received: from a?b??X: (HELO h??) (::1)\r\n  by unknown with SMTP; 1 Jan 2026 00:00:00 -0000\r\n',
  );
  assert.equal(queueReceived(7, invokedBy('smtp', 0), 'D', '\n'), 'Received: (qmail 7 invoked from network); D\n');
  assert.equal(invokedBy('inject', 8001), 'by uid 8001');
});
