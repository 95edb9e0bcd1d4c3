/**
 * The report of a result as one page.
 */
import type { BenchResult } from '../result.js';

export function reportPage(result: BenchResult): string {
  return `<!doctype html><title>${result.scenario}</title>`;
}
