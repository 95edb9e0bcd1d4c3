/**
 * The words that qmail's programs use for errors of the system, so that their texts stay the same.
 * Pure; codes are Node's names (`ENOENT`).
 */
const words: Readonly<Record<string, string>> = {
  EACCES: 'access denied',
  EAGAIN: 'temporary failure',
  EBUSY: 'device busy',
  EDQUOT: 'disk quota exceeded',
  EEXIST: 'file already exists',
  EFBIG: 'file too big',
  EINVAL: 'invalid argument',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'symbolic link loop',
  EMFILE: 'process cannot open more files',
  ENAMETOOLONG: 'file name too long',
  ENFILE: 'system cannot open more files',
  ENODEV: 'device does not support operation',
  ENOENT: 'file does not exist',
  ENOMEM: 'out of memory',
  ENOSPC: 'out of disk space',
  ENOTDIR: 'not a directory',
  ENXIO: 'device not configured',
  EPERM: 'permission denied',
  EROFS: 'read-only file system',
  ESTALE: 'stale NFS file handle',
  ETIMEDOUT: 'timed out',
  ETXTBSY: 'text busy',
};

/** Words for an error code; the code itself when there are none. */
export function errnoText(code: string): string {
  return words[code] ?? code;
}
