/**
 * Failures that show where the sink was asked. What fails a moment later, out of a socket or a timer, would have a stack without one
 * line of the test in it, and test runners show the reader that line.
 */

/** The same promise of `work`; the stack of its error goes on with that of the caller of `asked`, where it does not reach it itself. */
export async function askedAt<Answer>(asked: (...given: never[]) => unknown, work: () => Promise<Answer>): Promise<Answer> {
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, asked);
  try {
    return await work();
  } catch (error) {
    const caller = /\n {4}at (?:.|\n)*/.exec(place.stack ?? '')?.[0];
    if (caller !== undefined && error instanceof Error) error.stack = joined(error.stack ?? String(error), caller);
    throw error;
  }
}

function joined(stack: string, caller: string): string {
  const line = /\(?([^\s(]+:\d+:\d+)\)?/.exec(caller)?.[1];
  return line !== undefined && stack.includes(line) ? stack : `${stack}${caller}`;
}
