/** What a check says: fine, worth a look, or wrong. */
export interface CheckLine {
  readonly state: 'ok' | 'WARN' | 'FAULT';
  readonly what: string;
  readonly text: string;
}

export const fine = (what: string, text: string): CheckLine => ({ state: 'ok', what, text });
export const doubtful = (what: string, text: string): CheckLine => ({ state: 'WARN', what, text });
export const fault = (what: string, text: string): CheckLine => ({ state: 'FAULT', what, text });
