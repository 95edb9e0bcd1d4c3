/**
 * Medians, percentiles and ratios of measured figures.
 * Pure arithmetic; undefined stands for "not measured" and is never turned into 0.
 */

/** Middle value; the mean of the two middle ones when their number is even; undefined when there is none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

/** First and third quartile, between two values in proportion (type 7); undefined when there is none. */
export function quartiles(values: readonly number[]): readonly [number, number] | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => {
    const place = part * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
    return below + (above - below) * (place - Math.floor(place));
  };
  return [at(0.25), at(0.75)];
}

/** The smallest value that at least `percent` of the values do not exceed (nearest rank); percent in 0..100. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Ours divided by theirs; undefined when one is missing or negative (what arrived before its 250), or theirs is 0. */
export function ratio(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || theirs === undefined || ours < 0 || theirs <= 0 ? undefined : ours / theirs;
}

/** Cut to four significant digits, so that files do not claim more precision than there is. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
