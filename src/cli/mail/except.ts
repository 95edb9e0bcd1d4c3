/**
 * `except program [argument...]`: turns the program's answer round, 0 into 100 and what is not temporary into 0.
 */
import type { Call } from '../call.js';
import { condition } from '../child/condition.js';
import { orFatal, permanent, wrongUsage } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'except', async () => {
    if (call.args.length === 0) throw wrongUsage('except', 'program [ arg ... ]');
    return (await condition(call, call.args)) ? permanent : 0;
  });
