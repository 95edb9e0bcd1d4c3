/**
 * Who may read mail: what a password checker is given, lines of users/poppasswd, requests for a mailbox, accounts as lines
 * of users/assign. No field becomes two, no path is made up.
 */
import { FrameReader } from '../../../src/actors/spawn/lspawnd-frames.js';
import { decodeMailbox, encodeMailbox } from '../../../src/actors/spawn/mailbox-request.js';
import { checkerFields, checkerInput } from '../../../src/protocol/pop3/authorization.js';
import { parsePopLine, parsePopPasswd, parseScryptHash, popLine, scryptHashText } from '../../../src/protocol/pop3/pop-passwd.js';
import { listSubusers, listUsers } from '../../../src/protocol/users-list.js';
import { recordedFiles } from '../recorded.js';
import { agree, holds, magnitude, octets, shape, type Target } from '../target.js';

const hash = `$scrypt$ln=14,r=8,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`;

export const checker: Target = {
  name: 'checker',
  words: ['\0', '\0\0', 'joe', '\0secret\0', '<1.2@h>\0', 'x'.repeat(500)],
  seeds: () => ['joe\0secret\0<1.2@h>\0', 'joe\0\0\0', '\0\0', 'joe\0secret'],
  run(input) {
    const fields = checkerFields(input);
    const texts = input.split('\0');
    agree('too much or too few', fields === undefined, input.length > 512 || texts.length < 3);
    const [user = '', secret = '', timestamp = ''] = texts;
    const request = { user, secret, apop: input.length % 2 === 1, timestamp };
    const given = checkerInput(request, timestamp);
    if (given.length <= 512) agree('what was given is read', checkerFields(given), [user, secret, timestamp]);
    const frames = new FrameReader().push(encodeMailbox(request));
    holds('one frame', frames !== 'broken' && frames.length === 1);
    if (frames !== 'broken' && frames[0] !== undefined) agree('a request comes back', decodeMailbox(frames[0].payload), request);
    const other = decodeMailbox(Buffer.from(octets(input)));
    return `${fields?.length} ${other === undefined} ${shape(input)}`;
  },
};

export const popPasswd: Target = {
  name: 'poppasswd',
  words: [':', '\n', '#', '/', '..', hash, ':7:7:/home/joe\n', '4294967295', '\0', 'ln=99', '__proto__:'],
  seeds: () => [`joe:${hash}:7:7:/home/joe\n# x\n\n__proto__:${hash}:8:8:/h\n`, 'a:b:1:2:c\n', hash, hash.replace('14', '31')],
  run(input) {
    const accounts = parsePopPasswd(input);
    for (const account of accounts.values()) {
      agree('a line comes back', parsePopLine(popLine(account).slice(0, -1)), account);
      holds('a name is no path', !/[\0-\x20:/\x7f]/.test(account.user) && account.home.startsWith('/'));
      holds('ids are whole', Number.isSafeInteger(account.uid) && Number.isSafeInteger(account.gid));
    }
    const scrypt = parseScryptHash(input);
    if (scrypt !== undefined) {
      agree('a hash comes back', parseScryptHash(scryptHashText(scrypt)), scrypt);
      holds('a hash takes at most 64 MiB', 128 * scrypt.r * 2 ** scrypt.ln <= 64 * 1_024 * 1_024);
    }
    return `${magnitude(accounts.size)} ${scrypt?.ln} ${shape(input)}`;
  },
};

const passwd = 'root:x:0:0::/root:/bin/sh\njoe:x:7:7::/home/joe:/bin/sh\nalias:x:8:8::/var/alias:/bin/sh\nJim:x:9:9::/j:/x\n';

export const usersList: Target = {
  name: 'users-list',
  words: ['joe', ':', '\n', ':x:7:7::/h:/s\n', '-', '0', 'alias:', 'sub:joe:pre:\n'],
  seeds: () => [passwd, 'sub:joe:pre:\nx:y:\n', ...recordedFiles('local', 'files', /passwd|users/)],
  run(input) {
    const names = input.split('\n').slice(0, 50);
    const options = { delimiter: '-', dash: '-', upperCase: input.length % 2 === 0 };
    const files = { include: undefined, exclude: undefined, mailnames: names, subusers: names };
    const { lines, users } = listUsers(passwd + input, files, options, () => true);
    holds('every line is an assignment', /^([=+][^\n]*:[^\n]*:\d*[^\n]*\n)*$/.test(lines));
    for (const { fields } of users.values()) holds('nobody is uid 0', !/^[^:]*:0+:/.test(fields));
    const subusers = listSubusers(names, users, options);
    return `${magnitude(users.size)} ${'unknown' in subusers} ${shape(lines).slice(0, 12)}`;
  },
};
