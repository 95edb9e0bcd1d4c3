/**
 * What the frames of lspawnd say: a delivery to make and its report, checked field by field.
 * lspawnd reads a request, looks the user up itself and sends it on with the user filled in.
 */
import type { BodyForm, ByteString, Status } from '../../protocol/mail.js';
import type { LocalReport } from '../messages.js';
import { fieldsOf, frameOf } from './lspawnd-frames.js';

/** A delivery on its way. `user`, `home`, `dash` and `ext` are empty until lspawnd has filled them in. */
export interface WireDelivery {
  readonly id: number;
  readonly user: ByteString;
  readonly home: ByteString;
  readonly dash: ByteString;
  readonly ext: ByteString;
  readonly local: ByteString;
  readonly host: ByteString;
  readonly sender: ByteString;
  readonly message: number;
  readonly recipient: number;
  readonly birth: number;
  readonly nonce: string;
  readonly hostname: string;
  readonly repeated: boolean;
  readonly form: BodyForm;
  readonly defaultDelivery: ByteString;
  /** Undefined: the body follows in pieces. */
  readonly body: Uint8Array | undefined;
}

/** Bodies up to this size travel inside their delivery, larger ones and files in pieces. */
export const inlineBody: number = 1024 * 1024;
/** Octets of a piece, and how many pieces may be under way for one delivery. */
export const pieceSize: number = 65536;
export const pieceWindow = 4;

const longestText = 65536;
const fieldCount = 17;

const text = (bytes: Buffer | undefined): ByteString => (bytes as Buffer).toString('latin1');

function numberOf(bytes: Buffer | undefined): number | undefined {
  const digits = text(bytes);
  if (!/^(0|[1-9][0-9]{0,15})$/.test(digits)) return undefined;
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
}

export function encodeDelivery(d: WireDelivery): Buffer {
  return frameOf('D', [
    String(d.id),
    d.user,
    d.home,
    d.dash,
    d.ext,
    d.local,
    d.host,
    d.sender,
    String(d.message),
    String(d.recipient),
    String(d.birth),
    d.nonce,
    d.hostname,
    d.repeated ? '1' : '0',
    `${d.form === 'wire' ? 'w' : 'u'}${d.body === undefined ? 'p' : 'i'}`,
    d.defaultDelivery,
    d.body ?? '',
  ]);
}

/** Undefined: not a delivery as encodeDelivery writes it. The body is a view of the payload. */
export function decodeDelivery(payload: Buffer): WireDelivery | undefined {
  const fields = fieldsOf(payload, fieldCount);
  if (fields === undefined) return undefined;
  for (let i = 0; i < fieldCount - 1; i++) if ((fields[i] as Buffer).length > longestText) return undefined;
  const [id, message, recipient, birth] = [0, 8, 9, 10].map((i) => numberOf(fields[i]));
  const nonce = text(fields[11]);
  const hostname = text(fields[12]);
  const repeated = text(fields[13]);
  const shape = text(fields[14]);
  if (id === undefined || message === undefined || recipient === undefined || birth === undefined) return undefined;
  if (!/^[0-9a-f]{16}$/.test(nonce) || !/^[01]$/.test(repeated) || !/^[wu][ip]$/.test(shape)) return undefined;
  if (hostname.length > 255 || hostname.includes('\0')) return undefined;
  const [user, home, dash, ext, local, host, sender] = [1, 2, 3, 4, 5, 6, 7].map((i) => text(fields[i])) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const body = shape[1] === 'i' ? (fields[16] as Buffer) : undefined;
  const form = shape[0] === 'w' ? 'wire' : 'unix';
  const defaultDelivery = text(fields[15]);
  const numbers = { id, message, recipient, birth };
  return {
    ...numbers,
    user,
    home,
    dash,
    ext,
    local,
    host,
    sender,
    nonce,
    hostname,
    repeated: repeated === '1',
    form,
    defaultDelivery,
    body,
  };
}

export function encodeReport(id: number, report: LocalReport): Buffer {
  const { status, text: words } = report.outcomes[0] ?? { status: 'Z', text: '' };
  const forward = report.forward;
  const fields = [String(id), status, words, forward === undefined ? '0' : '1'];
  if (forward === undefined) return frameOf('R', [...fields, '', '', '', '']);
  return frameOf('R', [...fields, String(forward.uid), forward.sender, forward.prefix, forward.recipients.join('\0')]);
}

export function decodeReport(payload: Buffer): { readonly id: number; readonly report: LocalReport } | undefined {
  const fields = fieldsOf(payload, 8);
  if (fields === undefined) return undefined;
  const id = numberOf(fields[0]);
  const status = text(fields[1]);
  const words = text(fields[2]);
  if (id === undefined || !/^[KZD]$/.test(status) || words.length > longestText) return undefined;
  const outcomes = [{ status: status as Status, text: words }];
  if (text(fields[3]) !== '1') return { id, report: { outcomes } };
  const uid = numberOf(fields[4]);
  if (uid === undefined) return undefined;
  const forward = { uid, sender: text(fields[5]), prefix: text(fields[6]), recipients: text(fields[7]).split('\0') };
  if (forward.sender.length > longestText || forward.prefix.length > longestText) return undefined;
  return { id, report: { outcomes, forward } };
}

/** The frames that carry a body in pieces. */
export const encodePiece = (id: number, piece: Uint8Array): Buffer => frameOf('B', [String(id), piece]);
/** `complete` is false when the body could not be read to its end. */
export const encodeEnd = (id: number, complete: boolean): Buffer => frameOf('E', [String(id), complete ? '1' : '0']);
export const encodeTaken = (id: number): Buffer => frameOf('A', [String(id), '']);

/** Number and second field of a B, E or A frame. */
export function decodePiece(payload: Buffer): { readonly id: number; readonly bytes: Buffer } | undefined {
  const fields = fieldsOf(payload, 2);
  const id = fields === undefined ? undefined : numberOf(fields[0]);
  if (fields === undefined || id === undefined) return undefined;
  return { id, bytes: fields[1] as Buffer };
}
