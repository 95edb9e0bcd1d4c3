/** The recorded cases of the remote area and the zone they were recorded with, as files of test/golden/cases. */
import { readFileSync } from 'node:fs';
import type { Zone, ZoneEntry } from './dns-server.js';
import type { Step } from './scripted-smtp-server.js';

const cases = new URL('../../../test/golden/cases/', import.meta.url);

export interface RemoteCase {
  readonly id: string;
  readonly area: string;
  readonly description: string;
  readonly controls: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly message: string;
  readonly server: readonly Step[] | null;
  readonly listen?: string;
  readonly expected: { readonly report: string; readonly client?: readonly string[] };
}

export function goldenZone(): Zone {
  const { zone } = JSON.parse(readFileSync(new URL('zone.json', cases), 'utf8')) as { zone: Record<string, ZoneEntry> };
  return zone;
}
