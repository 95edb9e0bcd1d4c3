/**
 * Leaves out the errors that only follow from others: when a layer does not compile, every file above it that uses it
 * complains too (TS6305, and whatever the missing types cause in that file). Pure.
 */

const follows = /^(\S+)\(\d+,\d+\): error TS6305: /;

/** The compiler's output without files whose errors follow from a layer below; anything else passes unchanged. */
export function firstErrors(output: string): string {
  const lines = output.split('\n');
  const files = new Set(lines.map((line) => follows.exec(line)?.[1]).filter((file) => file !== undefined));
  if (files.size === 0) return output;
  let left = 0;
  let skipping = false;
  const kept = lines.filter((line) => {
    const [, file] = /^(\S+)\(\d+,\d+\): error /.exec(line) ?? [];
    // Further lines of one error are indented.
    skipping = file === undefined ? skipping && line.startsWith(' ') : files.has(file);
    if (skipping) left += 1;
    return !skipping;
  });
  return `${kept.join('\n')}\n(${left} lines about ${files.size} files left out: they use a layer that did not compile)`;
}
