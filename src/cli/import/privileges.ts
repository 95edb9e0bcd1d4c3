/**
 * Reading a queue that only root can read, while the process acts as the owner of the new one (own-store.ts).
 */

/** `step` must not wait: whatever ran meanwhile would be root too. */
export function withRoot<T>(step: () => T): T {
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  if (uid === 0 || process.getuid?.() !== 0) return step();
  process.seteuid?.(0);
  process.setegid?.(0);
  try {
    return step();
  } finally {
    process.setegid?.(gid);
    process.seteuid?.(uid);
  }
}
