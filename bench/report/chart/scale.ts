/**
 * Scales of charts: round ticks, positions, and numbers as people read them.
 * Arithmetic only.
 */

export interface Scale {
  readonly ticks: readonly number[];
  /** Place of a value between 0 and 1; values outside are held at the ends. */
  readonly place: (value: number) => number;
}

const steps = [1, 2, 2.5, 5, 10];

/** From 0 to at least `highest`, in about `wanted` round steps. */
export function linearScale(highest: number, wanted = 4): Scale {
  const top = highest > 0 && Number.isFinite(highest) ? highest : 1;
  const power = 10 ** Math.floor(Math.log10(top / wanted));
  const step = power * (steps.find((one) => one * power * wanted >= top) ?? 10);
  const end = Math.ceil(top / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
  return { ticks, place: (value) => held(value / end) };
}

/** Powers of ten around the values, at least one whole decade. */
export function logScale(lowest: number, highest: number): Scale {
  const from = Math.floor(Math.log10(Math.max(lowest, 1e-6)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(highest, 1e-6))));
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  return { ticks, place: (value) => held((Math.log10(Math.max(value, 1e-9)) - from) / (to - from)) };
}

function held(place: number): number {
  return Math.min(1, Math.max(0, place));
}

/** Three significant digits, thousands apart. */
export function readable(value: number): string {
  const short = Number(value.toPrecision(3));
  return Math.abs(short) >= 1_000 ? Math.round(value).toLocaleString('en-US') : `${short}`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
