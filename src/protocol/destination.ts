/**
 * Which mail an administrator means by a name: all for a domain, all below one (`.domain`), all that an artificial route
 * takes to a host, or all there is (`*`). Pure; for control/holdremote, flush and ETRN.
 */
import { lowerCaseAscii } from './bytes.js';
import type { ByteString } from './mail.js';
import { routeFor } from './mx.js';
import type { Settings } from './settings.js';

export type RouteSettings = Pick<Settings, 'smtproutes' | 'qmtproutes'>;

/** Undefined when it can name mail, else what is wrong with it. */
export function wrongDestination(name: string): string | undefined {
  if (name === '*' || /^\.?[a-z0-9_[][a-z0-9_.:[\]-]{0,253}$/i.test(name)) return undefined;
  return 'is no domain, .domain, relay host or *';
}

/** True when mail for `host` is meant by one of the names. Names are in lower case. */
export class Destinations {
  readonly #names: ReadonlySet<string>;
  readonly #routes: RouteSettings;

  constructor(names: Iterable<string>, routes: RouteSettings) {
    this.#names = new Set(names);
    this.#routes = routes;
  }

  get empty(): boolean {
    return this.#names.size === 0;
  }

  has(host: ByteString): boolean {
    if (this.#names.size === 0) return false;
    const key = lowerCaseAscii(host);
    if (this.#names.has('*') || this.#names.has(key)) return true;
    for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
      if (this.#names.has(key.slice(dot))) return true;
    }
    const route = routeFor(key, this.#routes);
    return route.kind !== 'mx' && this.#names.has(lowerCaseAscii(route.host));
  }
}
