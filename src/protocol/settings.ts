/**
 * The typed control files: what a running system is told by its administrator.
 * Pure: `control.ts` makes a Settings out of file texts; reading files is store/control-dir.ts.
 * Plain data, so that it travels to every thread unchanged.
 */
import type { ByteString } from './mail.js';

/** One line of control/listeners. */
export interface ListenerSetting {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  /** Options after the address, `name=value` or `name` (then the value is empty). */
  readonly options: Readonly<Record<string, string>>;
}

/** A map file (`key:value` lines): keys lowercased, the last of equal keys wins (spec control.md). */
export type MapSetting = Readonly<Record<string, ByteString>>;

export interface Settings {
  readonly me: ByteString;
  // smtpd
  readonly smtpgreeting: ByteString;
  readonly localiphost: ByteString | undefined;
  /** undefined: no such file. Contract: a missing rcpthosts closes the relay, unlike qmail. Lowercased. */
  readonly rcpthosts: readonly ByteString[] | undefined;
  /** Lowercased entries of badmailfrom. */
  readonly badmailfrom: readonly ByteString[];
  /** Largest message in stored octets; 0 = no limit. */
  readonly databytes: number;
  readonly maxrcpt: number;
  readonly barecr: 'reject' | 'space';
  readonly timeoutsmtpd: number;
  readonly concurrencyincoming: number | undefined;
  /** Connections one address may hold; undefined = a default that depends on concurrencyincoming. */
  readonly concurrencyperip: number | undefined;
  readonly listeners: readonly ListenerSetting[];
  /** Whom RCPT asks whether a recipient exists: `off`, `local`, `file F`, `cdb F`, `program P...`. */
  readonly recipients: string;
  /** Domain to the addresses, joined by commas, that may ask for its mail with ETRN; or that get it by connecting. */
  readonly etrnhosts: MapSetting;
  readonly autoturn: MapSetting;
  // send
  readonly envnoathost: ByteString;
  readonly percenthack: readonly ByteString[];
  readonly locals: readonly ByteString[];
  readonly virtualdomains: MapSetting;
  readonly queuelifetime: number;
  readonly bouncefrom: ByteString;
  readonly bouncehost: ByteString;
  /** Most octets of the original that a bounce carries; 0 = all of it. */
  readonly bouncemaxbytes: number;
  /** Most bounces made in a minute; 0 = no limit. */
  readonly bouncerate: number;
  readonly doublebounceto: ByteString;
  readonly doublebouncehost: ByteString;
  /** Lowercased: domains, `.domain`s, relay hosts or `*` whose mail is tried only when it is asked for. */
  readonly holdremote: readonly ByteString[];
  readonly concurrencylocal: number;
  readonly concurrencyremote: number;
  // remote
  readonly helohost: ByteString;
  /** Like smtproutes, for hosts that are reached by QMTP; it counts first. */
  readonly qmtproutes: MapSetting;
  readonly smtproutes: MapSetting;
  /** Greeting of the SMTP client; `auto`: EHLO from the server, HELO (qmail's) from the command qmail-remote. */
  readonly remotegreet: 'auto' | 'ehlo' | 'helo';
  readonly timeoutconnect: number;
  readonly timeoutremote: number;
  readonly rcptspertransaction: number;
  /** `address[:port]` of name servers; empty = the system's. */
  readonly nameservers: readonly string[];
  // local
  /** Instructions for users without a .qmail (qmail-start's argument); default `./Mailbox`. */
  readonly defaultdelivery: ByteString;
  // inject
  readonly defaulthost: ByteString;
  readonly defaultdomain: ByteString;
  readonly plusdomain: ByteString;
  readonly idhost: ByteString;
  // log
  readonly logformat: 'qmail' | 'json';
  readonly logstamp: 'none' | 'tai64n';
  // node
  /** Which placement of topology.ts: `roles` (a thread a role) or `single` (one thread). */
  readonly topology: 'roles' | 'single';
  /** Most octets the queue may take on disk; 0 = only the disk limits it. */
  readonly queuebytes: number;
  /** Octets that stay free on the queue's disk: below it MAIL gets 452. */
  readonly queuereserve: number;
}

/** What is wrong with one control file: named with file and line; the line is 0 when the whole file is meant. */
export interface SettingsProblem {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}
