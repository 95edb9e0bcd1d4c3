/**
 * Notice-Requested-Upon-Delivery-To: whether a message asks an address for a receipt, and the receipt (spec
 * mail-commands.md, qreceipt). Pure, on the fields of a header.
 */
import { quoteAddress } from '../address.js';
import type { ByteString } from '../mail.js';
import { mapAddresses } from './address-list.js';
import { fieldName } from './header-lines.js';
import { parseTokens, plainText } from './tokens.js';

export type Asked =
  | { readonly tag: 'asked'; readonly messageId: ByteString | undefined }
  | { readonly tag: 'not asked' }
  | { readonly tag: 'cannot parse'; readonly field: ByteString };

/** Addresses are compared octet by octet. `messageId` is the last such field as it stands, with its line end. */
export function asksReceipt(fields: readonly ByteString[], address: ByteString): Asked {
  let asked = false;
  let messageId: ByteString | undefined;
  for (const field of fields) {
    const name = fieldName(field);
    if (name === 'message-id') messageId = field;
    if (name !== 'notice-requested-upon-delivery-to') continue;
    const found = addresses(field);
    if (found === undefined) return { tag: 'cannot parse', field };
    asked ||= found.includes(address);
  }
  return asked ? { tag: 'asked', messageId } : { tag: 'not asked' };
}

function addresses(field: ByteString): readonly ByteString[] | undefined {
  const [, colon, ...list] = parseTokens(field) ?? [];
  if (colon?.kind !== ':') return undefined;
  const found: ByteString[] = [];
  const read = mapAddresses(list, (address) => {
    found.push(plainText(address));
    return address;
  });
  return read === undefined ? undefined : found;
}

/** The notice to the sender that the message arrived. */
export function receipt(sender: ByteString, address: ByteString, messageId: ByteString | undefined): ByteString {
  const to = quoteAddress(sender).replace(/[\r\n]/g, '_');
  const text = `From: DELIVERY NOTICE SYSTEM <${to}>
To: <${to}>
Subject: success notice

Hi! This is the qreceipt program. Your message was delivered to the
following address: ${address}. Thanks for asking.
`;
  return messageId === undefined ? text : `${text}Your ${messageId}`;
}
