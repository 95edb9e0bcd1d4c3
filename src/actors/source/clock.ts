/**
 * The clock of the load tools: microseconds that count up evenly and are the same in all threads and processes of a machine.
 */

export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
