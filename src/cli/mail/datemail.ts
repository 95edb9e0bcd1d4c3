/**
 * `datemail argument...`: sendmail with a Date field in local time.
 */
import type { Call } from '../call.js';
import { ownWithFront } from '../child/become.js';
import { dateField } from '../child/dated.js';
import { orFatal } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'predate', () =>
    ownWithFront(call, 'sendmail', call.args, dateField(call), async () => (await import('../inject/sendmail.js')).run),
  );
