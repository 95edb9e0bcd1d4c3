export async function runSource(_argv: readonly string[]): Promise<number> {
  return 70;
}
