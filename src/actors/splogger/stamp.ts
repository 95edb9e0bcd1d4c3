/** Puts a TAI64N stamp in front of every line, as multilog's `t` does (control/logstamp). */
import { tai64n } from '../../protocol/tai64n.js';
import type { Clock } from '../kernel/clock.js';

export function stamper(clock: Clock): (text: string) => string {
  return (text) => {
    const now = clock.now();
    const seconds = Math.floor(now / 1000);
    const mark = `${tai64n(seconds, Math.floor((now - seconds * 1000) * 1e6))} `;
    return `${mark}${text.slice(0, -1).replaceAll('\n', `\n${mark}`)}\n`;
  };
}
