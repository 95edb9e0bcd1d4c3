/**
 * What the frames of lspawnd say: a delivery to make and its report, checked field by field.
 * lspawnd reads a request, looks the user up itself and sends it on with the user filled in.
 */
import type { BodyForm, ByteString, Status } from '../../protocol/mail.js';
import type { LocalReport } from '../messages.js';
import { fieldEnds, fieldText, frameOf, lengthText, rawFrame, textFields } from './lspawnd-frames.js';

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
/** What lspawnd fills in stands in front, so that it can hand on the rest as it is. */
const ownFields = 6;

function numberOf(text: ByteString | undefined): number | undefined {
  if (text === undefined || !/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The part of a delivery that lspawnd decides; empty on the way to it. */
export type Addressed = Pick<WireDelivery, 'id' | 'user' | 'home' | 'dash' | 'ext' | 'defaultDelivery'>;

const addressText = ({ id, user, home, dash, ext, defaultDelivery }: Addressed): ByteString =>
  fieldText([String(id), user, home, dash, ext, defaultDelivery]);

/** `room`: see rawFrame. */
export function encodeDelivery(d: WireDelivery, room?: Buffer): Buffer {
  const shape = `${d.form === 'wire' ? 'w' : 'u'}${d.body === undefined ? 'p' : 'i'}`;
  const numbers = [String(d.message), String(d.recipient), String(d.birth)];
  const rest = fieldText([d.local, d.host, d.sender, ...numbers, d.nonce, d.hostname, d.repeated ? '1' : '0', shape]);
  const body = d.body ?? new Uint8Array(0);
  return rawFrame('D', addressText(d) + rest + lengthText(body.length), body, room);
}

/** The delivery of a payload that decodeDelivery has read, for another receiver: the rest goes on as it came. */
export function readdressed(payload: Buffer, address: Addressed, room?: Buffer): Buffer {
  let at = 0;
  for (let field = 0; field < ownFields; field++) at += 4 + payload.readUInt32BE(at);
  return rawFrame('D', addressText(address), payload.subarray(at), room);
}

/** Undefined: not a delivery as encodeDelivery writes it. The body is a view of the payload. */
export function decodeDelivery(payload: Buffer): WireDelivery | undefined {
  const ends = fieldEnds(payload, fieldCount);
  if (ends === undefined) return undefined;
  ends.pop();
  const bodyAt = (ends.at(-1) as number) + 4;
  if (bodyAt > longestText * fieldCount) return undefined;
  const fields = textFields(payload, ends);
  for (const field of fields) if (field.length > longestText) return undefined;
  const [, user = '', home = '', dash = '', ext = '', defaultDelivery = '', local = '', host = '', sender = ''] = fields;
  const [nonce = '', hostname = '', repeated = '', shape = ''] = fields.slice(12);
  const [id, message, recipient, birth] = [numberOf(fields[0]), numberOf(fields[9]), numberOf(fields[10]), numberOf(fields[11])];
  if (id === undefined || message === undefined || recipient === undefined || birth === undefined) return undefined;
  if (!/^[0-9a-f]{16}$/.test(nonce) || !/^[01]$/.test(repeated) || !/^[wu][ip]$/.test(shape)) return undefined;
  if (hostname.length > 255 || hostname.includes('\0')) return undefined;
  return {
    id,
    user,
    home,
    dash,
    ext,
    local,
    host,
    sender,
    message,
    recipient,
    birth,
    nonce,
    hostname,
    repeated: repeated === '1',
    form: shape[0] === 'w' ? 'wire' : 'unix',
    defaultDelivery,
    body: shape[1] === 'i' ? payload.subarray(bodyAt) : undefined,
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
  const ends = fieldEnds(payload, 8);
  if (ends === undefined) return undefined;
  const fields = textFields(payload, ends);
  const [, status = '', words = '', forwards, , sender = '', prefix = '', recipients = ''] = fields;
  const id = numberOf(fields[0]);
  if (id === undefined || !/^[KZD]$/.test(status) || words.length > longestText) return undefined;
  const outcomes = [{ status: status as Status, text: words }];
  if (forwards !== '1') return { id, report: { outcomes } };
  const uid = numberOf(fields[4]);
  if (uid === undefined || sender.length > longestText || prefix.length > longestText) return undefined;
  return { id, report: { outcomes, forward: { uid, sender, prefix, recipients: recipients.split('\0') } } };
}

/** The frames that carry a body in pieces. */
export const encodePiece = (id: number, piece: Uint8Array): Buffer => frameOf('B', [String(id)], piece);
/** `complete` is false when the body could not be read to its end. */
export const encodeEnd = (id: number, complete: boolean): Buffer => frameOf('E', [String(id), complete ? '1' : '0']);
export const encodeTaken = (id: number): Buffer => frameOf('A', [String(id), '']);

/** Number and second field of a B, E or A frame. */
export function decodePiece(payload: Buffer): { readonly id: number; readonly bytes: Buffer } | undefined {
  const ends = fieldEnds(payload, 2);
  const first = ends?.[0];
  const id = first === undefined ? undefined : numberOf(payload.toString('latin1', 4, Math.min(first, 32)));
  return id === undefined ? undefined : { id, bytes: payload.subarray((first as number) + 4) };
}
