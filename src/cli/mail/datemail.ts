/**
 * `datemail argument...`: sendmail with a Date field in local time.
 */
import type { Call } from '../call.js';
import { withDate } from '../child/dated.js';
import { sibling } from '../child/sibling.js';
import { orFatal } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'predate', () => withDate(call, [sibling(call, 'sendmail'), ...call.args]));
