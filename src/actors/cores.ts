/** How many cores the placement of threads counts with; $TQMAIL_TEST_CORES lets a test have more threads than the machine cores. */
import { availableParallelism } from 'node:os';

export function cores(): number {
  const asked = Number(process.env.TQMAIL_TEST_CORES);
  return Number.isInteger(asked) && asked > 0 && asked <= 64 ? asked : availableParallelism();
}
