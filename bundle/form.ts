/** How every bundle is written: one CommonJS file for Node, in ASCII. */
import { type BuildOptions, transform } from 'esbuild';

export const form = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  write: false,
  metafile: true,
  logLevel: 'silent',
  charset: 'ascii',
  // The same clock from another zero: every use is a difference, and Node loads a module for the first one.
  define: { 'performance.now': 'monotonicNow' },
} as const satisfies BuildOptions;

/** Without comments and space. Names stay as they are and lines short, for whoever reads the trace of a bug. */
export async function compact(text: string): Promise<string> {
  const { code } = await transform(text, {
    charset: 'ascii',
    minifyWhitespace: true,
    lineLimit: 160,
    banner: '// Made by "npm run build" out of dist/src. Not to be changed by hand.',
  });
  return code;
}
