/**
 * Where two values differ, as lines for a reader: the path of each differing leaf and the text around the first octet
 * that is not the same.
 */

const around = 60;
const mostLines = 12;

/** Empty: the values are equal (absent and undefined are the same). */
export function differing(expected: unknown, got: unknown): readonly string[] {
  const lines: string[] = [];
  compare('', expected, got, lines);
  return lines.length > mostLines ? [...lines.slice(0, mostLines), `(${lines.length - mostLines} further lines)`] : lines;
}

function compare(path: string, expected: unknown, got: unknown, lines: string[]): void {
  if (Object.is(expected, got)) return;
  if (typeof expected === 'string' && typeof got === 'string') {
    lines.push(...textLines(path, expected, got));
  } else if (isTree(expected) && isTree(got) && Array.isArray(expected) === Array.isArray(got)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
    for (const name of names) compare(path === '' ? name : `${path}.${name}`, expected[name], got[name], lines);
  } else {
    lines.push(
      `${path || 'result'}: expected ${shown(expected)}`,
      `${' '.repeat((path || 'result').length)}  got      ${shown(got)}`,
    );
  }
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 4 * around ? `${text.slice(0, 4 * around)}… (${text.length} characters)` : text;
}

function textLines(path: string, expected: string, got: string): string[] {
  let at = 0;
  while (at < expected.length && expected[at] === got[at]) at++;
  const from = Math.max(0, at - around);
  const part = (text: string): string =>
    `${from > 0 ? '…' : ''}${JSON.stringify(text.slice(from, at + 2 * around))}${at + 2 * around < text.length ? '…' : ''}`;
  return [`${path}: at ${at}: expected ${part(expected)}`, `${' '.repeat(path.length)}  got ${part(got)}`];
}
