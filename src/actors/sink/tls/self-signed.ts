/**
 * A certificate that a sink makes for itself: X.509 v3 (RFC 5280), a fresh P-256 key, signed with it, valid for a year.
 * Good for nothing but tests: nobody has a reason to believe it.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface CertificateAndKey {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const dayMs = 86_400_000;

/** Tags of ASN.1 DER (ITU-T X.690). */
const tag = { integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x17, sequence: 0x30, set: 0x31 } as const;
const oids = { commonName: '550403', subjectAltName: '551d11', ecdsaWithSha256: '2a8648ce3d040302' } as const;

function der(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [type, length] : length < 0x100 ? [type, 0x81, length] : [type, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(tag.sequence, ...parts);
const oid = (name: keyof typeof oids): Buffer => der(tag.oid, Buffer.from(oids[name], 'hex'));

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '');
  return der(tag.time, Buffer.from(text.slice(2), 'latin1'));
}

/** For `name` (a domain), localhost and 127.0.0.1. */
export function selfSigned(name: string, nowMs: number): CertificateAndKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid('ecdsaWithSha256'));
  const distinguished = sequence(der(tag.set, sequence(oid('commonName'), der(tag.utf8, Buffer.from(name, 'latin1')))));
  const names = [name, 'localhost'].map((dns) => der(0x82, Buffer.from(dns, 'latin1')));
  const alternatives = sequence(...names, der(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = der(0xa3, sequence(sequence(oid('subjectAltName'), der(tag.octets, alternatives))));
  // Positive and of full length, whatever the octets are.
  const serial = der(tag.integer, Buffer.from([0x40]), randomBytes(15));
  const toSign = sequence(
    der(0xa0, der(tag.integer, Buffer.from([2]))),
    serial,
    algorithm,
    distinguished,
    sequence(time(nowMs - dayMs), time(nowMs + 365 * dayMs)),
    distinguished,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = der(tag.bits, Buffer.from([0]), sign('sha256', toSign, privateKey));
  const body = sequence(toSign, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
