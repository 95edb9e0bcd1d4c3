export async function runSink(_argv: readonly string[]): Promise<number> {
  return 70;
}
