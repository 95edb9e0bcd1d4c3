/**
 * Looks for records without their message: state, recipients, marks, texts, schedule entries
 * and file names. Reads only.
 */
import { type Layout, peek } from '../lmdb/layout.js';
import { isSealed } from '../lmdb/seal.js';
import { decodeState } from '../lmdb/state-records.js';
import type { MessageId } from '../queue-store.js';
import type { Finding } from './finding.js';

export function* strayRecords(layout: Layout): Generator<Finding> {
  const { mess, info, rcpt, routed, done, bounce, due, file } = layout;
  const isQueued = (id: MessageId): boolean => peek(mess, id) !== undefined;
  for (const id of info.getKeys()) if (!isQueued(id)) yield { kind: 'stray', id, text: 'state record without its message' };
  for (const [name, db] of Object.entries({ recipients: rcpt, routed, done, bounce })) {
    for (const [id, part] of db.getKeys()) {
      if (!isQueued(id)) yield { kind: 'stray', id, text: `${name} record ${part} without its message` };
    }
  }
  for (const [channel, time, id] of due.getKeys()) {
    const record = peek(info, id);
    const times = record !== undefined && isSealed(record, 'state', id, 0) ? decodeState(record) : undefined;
    if (times?.[channel === 0 ? 'local' : 'remote'] !== time) {
      yield { kind: 'stray', id, text: `schedule entry ${channel} ${time} ${id} that the state record does not know` };
    }
  }
  for (const { key, value } of file.getRange()) {
    const id = value.length < 16 ? 0 : value.readDoubleLE(8);
    if (!isSealed(value, 'file', id, 0)) yield { kind: 'damaged', text: `file record of ${key} fails its checksum` };
    else if (!isQueued(id)) yield { kind: 'stray', id, text: `file record of ${key} without its message` };
  }
}
