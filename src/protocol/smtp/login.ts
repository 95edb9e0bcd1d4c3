/**
 * One AUTH exchange as the server sees it (RFC 4954): PLAIN (RFC 4616), LOGIN and XOAUTH2, until name and secret are known.
 * Reading only: whether they are right is the caller's to say.
 */
import type { ByteString } from '../mail.js';
import { base64Octets } from '../message/transfer-encoding.js';

/** What EHLO announces. */
export const loginMechanisms: readonly ByteString[] = ['PLAIN', 'LOGIN', 'XOAUTH2'];

/** `ask`: this goes out after 334, and the client's next line is its answer. */
export type LoginStep =
  | { readonly tag: 'ask'; readonly challenge: ByteString }
  | { readonly tag: 'login'; readonly user: ByteString; readonly secret: ByteString }
  | { readonly tag: 'wrong'; readonly code: number; readonly text: ByteString };

/** Base64 of `Username:` and `Password:`, as clients expect them. */
const askUser: LoginStep = { tag: 'ask', challenge: 'VXNlcm5hbWU6' };
const askSecret: LoginStep = { tag: 'ask', challenge: 'UGFzc3dvcmQ6' };
const askAll: LoginStep = { tag: 'ask', challenge: '' };
const notBase64: LoginStep = { tag: 'wrong', code: 501, text: 'that is no base64 (#5.5.2)' };
const unread: LoginStep = { tag: 'wrong', code: 501, text: 'no name can be found in that (#5.5.2)' };

export class LoginDialog {
  #mechanism = '';
  #user: ByteString | undefined;

  /** @param argument of AUTH: a mechanism, and perhaps the first answer; `=` stands for an empty one */
  begin(argument: ByteString): LoginStep {
    const [mechanism = '', first, ...more] = argument.trim().split(/ +/);
    this.#mechanism = mechanism.toUpperCase();
    if (more.length > 0 || mechanism === '') return { tag: 'wrong', code: 501, text: 'syntax error, write AUTH PLAIN (#5.5.4)' };
    if (!loginMechanisms.includes(this.#mechanism)) {
      return { tag: 'wrong', code: 504, text: `no such mechanism, there are ${loginMechanisms.join(', ')} (#5.5.4)` };
    }
    if (first !== undefined) return this.answer(first === '=' ? '' : first);
    return this.#mechanism === 'LOGIN' ? askUser : askAll;
  }

  /** Takes the client's line; `*` gives up. */
  answer(line: ByteString): LoginStep {
    if (line === '*') return { tag: 'wrong', code: 501, text: 'given up (#5.7.0)' };
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(line) || line.length % 4 !== 0) return notBase64;
    const octets = base64Octets(line);
    if (this.#mechanism === 'LOGIN') return this.#next(octets);
    return this.#mechanism === 'PLAIN' ? ofPlain(octets) : ofBearer(octets);
  }

  #next(octets: ByteString): LoginStep {
    if (this.#user !== undefined) return { tag: 'login', user: this.#user, secret: octets };
    this.#user = octets;
    return askSecret;
  }
}

/** Whom to act as, NUL, name, NUL, secret. */
function ofPlain(octets: ByteString): LoginStep {
  const [, user, secret, ...more] = octets.split('\0');
  return user === undefined || secret === undefined || more.length > 0 ? unread : { tag: 'login', user, secret };
}

function ofBearer(octets: ByteString): LoginStep {
  const [, user, secret] = /^user=([^\u0001]*)\u0001auth=Bearer ([^\u0001]*)\u0001/i.exec(octets) ?? [];
  return user === undefined || secret === undefined ? unread : { tag: 'login', user, secret };
}
