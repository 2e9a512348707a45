import test from 'ava';
import { NotifyCode } from '../../../mount/wire/constants.js';
import { notifyAttributes, notifyEntry, notifyPoll } from '../../../mount/wire/notification.js';
import { Message } from '../../../mount/wire/request.js';
import {
  NotifyInvalEntryOut,
  NotifyInvalInodeOut,
  NotifyPollWakeupOut,
  OutHeader,
} from '../../../mount/wire/structs.js';

test('a notification has its code, its length, and a name that ends with NUL', (t) => {
  const cases = [
    [notifyPoll(9), NotifyCode.POLL, NotifyPollWakeupOut, { kh: 9 }, ''],
    [
      notifyAttributes(5),
      NotifyCode.INVAL_INODE,
      NotifyInvalInodeOut,
      { ino: 5, off: 2 ** 64, len: 0 },
      '',
    ],
    [
      notifyEntry(5, 'ä', 1),
      NotifyCode.INVAL_ENTRY,
      NotifyInvalEntryOut,
      { parent: 5, namelen: 2, flags: 1 },
      'ä\0',
    ],
  ] as const;
  for (const [bytes, code, struct, values, name] of cases) {
    const { view, bytes: buffer } = new Message(bytes);
    t.deepEqual(OutHeader.decode(view), { len: bytes.length, error: code, unique: 0 });
    t.deepEqual({ ...struct.decode(view, OutHeader.size) }, values);
    t.is(buffer.toString('utf8', OutHeader.size + struct.size), name);
  }
});
