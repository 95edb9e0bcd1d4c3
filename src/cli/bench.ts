/**
 * `tqmail bench`: the bench that the package brings, with the words that follow.
 * It is loaded by its place, for it stands beside this code and is built upon it.
 */

interface Bench {
  main(args: readonly string[]): Promise<number>;
}

export async function runBench(args: readonly string[]): Promise<number> {
  const place = new URL('../../bench/main.js', import.meta.url).href;
  const { main } = (await import(place)) as Bench;
  return main(args);
}
