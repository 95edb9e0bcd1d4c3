/**
 * qmail-start [DEFAULTDELIVERY [LOGGER ARG…]]: the server in the foreground, as `tqmail start` runs it (spec send.md §1).
 * The log goes to descriptor 1, or to LOGGER's standard input. Ends with 0 after a clean stop, else with 111; what keeps
 * it from starting stands in the log in qmail-send's words, and with the cause on descriptor 2.
 */
import { writeSync } from 'node:fs';
import { type Call, complainTo } from '../call.js';
import type { Logger } from '../start/logger.js';

export async function run(call: Call): Promise<number> {
  await import('../start/signals.js');
  const [defaultDelivery, program, ...args] = call.args;
  const { CommandTrouble } = await import('../complain.js');
  let logger: Logger | undefined;
  try {
    logger = program === undefined ? undefined : await (await import('../start/logger.js')).startLogger(call, program, args);
    const { start } = await import('../start/start.js');
    return await start({
      home: call.home,
      readyFile: undefined,
      user: undefined,
      nodeEntry: undefined,
      log: logger?.fd ?? call.descriptor(1),
      ...(defaultDelivery === undefined ? {} : { defaultDelivery }),
    });
  } catch (error) {
    if (!(error instanceof CommandTrouble)) throw error;
    if (error.alert !== undefined) tell(logger?.fd ?? call.descriptor(1), `alert: cannot start: ${error.alert}\n`);
    complainTo(call, `qmail-start: fatal: ${error.message}`);
    return error.exitCode;
  } finally {
    await logger?.end();
  }
}

function tell(log: number, line: string): void {
  try {
    writeSync(log, line);
  } catch {
    // Nobody reads the log; descriptor 2 and the exit code tell as well.
  }
}
