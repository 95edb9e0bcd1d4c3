/** Length limits of envelope addresses: 1002 octets pass, 1003 do not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressTooLong, envelopeTooLong } from '../../src/protocol/address-length.js';

test('1002 octets are taken, 1003 are not, wherever they stand', () => {
  const longest = 'a'.repeat(1002);
  assert.equal(addressTooLong(longest), false);
  assert.equal(addressTooLong(`${longest}a`), true);
  assert.equal(envelopeTooLong({ sender: longest, recipients: [longest, ''] }), false);
  assert.equal(envelopeTooLong({ sender: '', recipients: ['', `${longest}a`] }), true);
  assert.equal(envelopeTooLong({ sender: `${longest}a`, recipients: [] }), true);
});
