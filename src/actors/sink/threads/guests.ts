/**
 * Who is connected to which of a sink's processes, as far as these told: for rules that limit connections over all of them.
 */

export class Guests {
  /** By process. */
  readonly #open = new Map<number, Map<string, number>>();
  #all = 0;

  /** All that are open at one process; what was known of it before is void. */
  here(process: number, clients: ReadonlyMap<string, number>): void {
    this.gone(process);
    this.#open.set(process, new Map(clients));
    for (const open of clients.values()) this.#all += open;
  }

  came(process: number, client: string): void {
    const clients = this.#open.get(process);
    clients?.set(client, (clients.get(client) ?? 0) + 1);
    if (clients !== undefined) this.#all++;
  }

  left(process: number, client: string): void {
    const clients = this.#open.get(process);
    const open = clients?.get(client);
    if (clients === undefined || open === undefined) return;
    this.#all--;
    if (open > 1) clients.set(client, open - 1);
    else clients.delete(client);
  }

  /** The process has ended. */
  gone(process: number): void {
    for (const open of this.#open.get(process)?.values() ?? []) this.#all -= open;
    this.#open.delete(process);
  }

  open(client: string): { readonly ofClient: number; readonly ofAll: number } {
    let ofClient = 0;
    for (const clients of this.#open.values()) ofClient += clients.get(client) ?? 0;
    return { ofClient, ofAll: this.#all };
  }
}
