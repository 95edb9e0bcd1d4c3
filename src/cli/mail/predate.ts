/**
 * `predate program [argument...]`: gives the program its input with a Date field in front.
 */
import type { Call } from '../call.js';
import { withFront } from '../child/become.js';
import { dateField } from '../child/dated.js';
import { orFatal, temporary, wrongUsage } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'predate', async () => {
    if (call.args.length === 0) throw wrongUsage('predate', 'child');
    return withFront(call, call.args, dateField(call), () => temporary);
  });
