import test from 'ava';
import { CUSTOMARY_PORT, parseListenAuthority } from '../../../src/cli/listen-authority.js';

const port = CUSTOMARY_PORT;

test('-a takes a host with and without a port, and the white space that scripts leave', (t) => {
  for (const [text, expected] of [
    ['10.0.0.1', { host: '10.0.0.1', port }],
    ['10.0.0.1:7', { host: '10.0.0.1', port: 7 }],
    ['10.0.0.1:0', { host: '10.0.0.1', port: 0 }],
    ['host1.example.org', { host: 'host1.example.org', port }],
    ['host1:7', { host: 'host1', port: 7 }],
    // `${ip}:11022` of an empty variable.
    [':11022', { host: undefined, port }],
    [':0', { host: undefined, port: 0 }],
    ['0:0', { host: '0', port: 0 }],
    ['fd00::1', { host: 'fd00::1', port }],
    ['::', { host: '::', port }],
    ['fd00::', { host: 'fd00::', port }],
    ['fd00::1:7', { host: 'fd00::1:7', port }],
    ['[fd00::1]', { host: 'fd00::1', port }],
    ['[fd00::1]:7', { host: 'fd00::1', port: 7 }],
    ['[fe80::1%eth0]:7', { host: 'fe80::1%eth0', port: 7 }],
    ['10.0.0.1\n', { host: '10.0.0.1', port }],
    // `hostname -I` of a host with one address; a file from Windows.
    ['10.0.0.1 ', { host: '10.0.0.1', port }],
    ['\t10.0.0.1:7\r\n', { host: '10.0.0.1', port: 7 }],
  ] as const) {
    t.deepEqual(parseListenAuthority(text), expected, JSON.stringify(text));
  }
});

test('-a says what is missing or too much', (t) => {
  for (const [text, sentence] of [
    ['', /^-a is empty; give it HOST, HOST:PORT, or :PORT for all interfaces$/],
    [' \n', /^-a is empty/],
    [':', /^: has no port behind the colon$/],
    ['10.0.0.1:', /^10\.0\.0\.1: has no port behind the colon$/],
    ['10.0.0.1 172.17.0.1', /^-a takes one host; 10\.0\.0\.1 172\.17\.0\.1 has white space in it$/],
    ['11022', /^11022 is not a host; give :11022 to listen on all interfaces$/],
    [
      'fd00::1:11022',
      /^fd00::1:11022 is not an IPv6 address; with a port it is \[fd00::1\]:11022$/,
    ],
    ['10.0.0.1:65536', /^10\.0\.0\.1:65536 is not HOST, /],
    ['10.0.0.1:http', /^10\.0\.0\.1:http is not HOST, /],
    ['[10.0.0.1]:7', / is not HOST, /],
    ['[]', / is not HOST, /],
    ['http://10.0.0.1', / is not HOST, /],
  ] as const) {
    t.throws(() => parseListenAuthority(text), { code: 'EINVAL', message: sentence }, text);
  }
  const secret = 'ab'.repeat(16);
  const error = t.throws(() => parseListenAuthority(`circuit://h:1/2/Q${secret}`));
  t.false(error?.message.includes(secret));
});
