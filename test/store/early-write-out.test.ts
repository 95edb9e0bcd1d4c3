/** Writing a new file out early: what it then holds, through both descriptors, on file systems that begin at once and on others. */
import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeOutEarly } from '../../src/store/early-write-out.js';

const places = [tmpdir(), ...(existsSync('/dev/shm') ? ['/dev/shm'] : [])];

/** The folder is gone afterwards. */
function inFolder(place: string, run: (folder: string) => void): void {
  const folder = mkdtempSync(join(place, 'tqmail-early-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const place of places) {
  test(`all octets are in the file, in ${place}, and the first descriptor sees them`, () => {
    inFolder(place, (folder) => {
      for (const size of [0, 1, 4096, 300_001]) {
        const path = join(folder, `f${size}`);
        const bytes = Buffer.alloc(size, 'mail of many octets\n');
        const fd = openSync(path, 'wx+', 0o600);
        writeOutEarly(folder, fd, bytes);
        const seen = Buffer.alloc(size);
        assert.equal(size === 0 ? 0 : readSync(fd, seen, 0, size, 0), size);
        closeSync(fd);
        assert.ok(seen.equals(bytes));
        assert.ok(readFileSync(path).equals(bytes));
      }
    });
  });
}

test('a file whose name went to another one gets the octets all the same, and the other one does not', () => {
  inFolder(tmpdir(), (folder) => {
    const path = join(folder, 'new');
    const fd = openSync(path, 'wx+', 0o600);
    rmSync(path);
    const other = openSync(path, 'wx', 0o600);
    writeOutEarly(folder, fd, Buffer.from('mail\n'));
    const seen = Buffer.alloc(5);
    assert.equal(readSync(fd, seen, 0, 5, 0), 5);
    assert.equal(seen.toString('latin1'), 'mail\n');
    assert.equal(readFileSync(path, 'latin1'), '');
    closeSync(other);
    closeSync(fd);
  });
});

test('a folder that cannot be asked is an error', () => {
  inFolder(tmpdir(), (folder) => {
    const fd = openSync(join(folder, 'new'), 'wx', 0o600);
    assert.throws(() => writeOutEarly(join(folder, 'missing'), fd, Buffer.from('mail\n')), { code: 'ENOENT' });
    closeSync(fd);
  });
});
