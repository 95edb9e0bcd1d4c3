/**
 * What was typed, for the report.
 */

/** The words that this process was started with, paths of node and script left out. */
export function commandLine(): string {
  const words = process.argv.slice(2).map((word) => (/^[\w./:,=@%+-]+$/.test(word) ? word : JSON.stringify(word)));
  const isVerb = words[0] === 'bench';
  return [isVerb ? 'tqmail' : 'npm run bench --', ...words].join(' ');
}
