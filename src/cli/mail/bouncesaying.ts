/**
 * `|bouncesaying text [program [argument...]]`: the message comes back with this text, when there is no program or it
 * says so with exit code 0.
 */
import { type Call, complainTo } from '../call.js';
import { condition } from '../child/condition.js';
import { orFatal, permanent, wrongUsage } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'bouncesaying', async () => {
    const [text, ...program] = call.args;
    if (text === undefined) throw wrongUsage('bouncesaying', 'error [ program [ arg ... ] ]');
    if (program.length > 0 && !(await condition(call, program))) return 0;
    complainTo(call, text);
    return permanent;
  });
