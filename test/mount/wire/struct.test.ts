import test from 'ava';
import fc from 'fast-check';
import {
  DecodeError,
  type Fields,
  type FieldType,
  i32,
  Struct,
  u16,
  u32,
  u64,
} from '../../../mount/wire/struct.js';
import * as structs from '../../../mount/wire/structs.js';

const all: Struct<Fields>[] = Object.values(structs).filter((value) => value instanceof Struct);

/** sizeof in include/uapi/linux/fuse.h. */
const sizes: Record<string, number> = {
  fuse_in_header: 40,
  fuse_out_header: 16,
  fuse_entry_out: 128,
  fuse_attr_out: 104,
  fuse_forget_in: 8,
  fuse_forget_one: 16,
  fuse_batch_forget_in: 8,
  fuse_getattr_in: 16,
  fuse_setattr_in: 88,
  fuse_mkdir_in: 8,
  fuse_create_in: 16,
  fuse_open_in: 8,
  fuse_open_out: 16,
  fuse_release_in: 24,
  fuse_flush_in: 24,
  fuse_read_in: 40,
  fuse_write_in: 40,
  fuse_write_out: 8,
  fuse_statfs_out: 80,
  fuse_init_out: 64,
  fuse_interrupt_in: 8,
  fuse_poll_in: 24,
  fuse_poll_out: 8,
  fuse_dirent: 24,
  fuse_notify_poll_wakeup_out: 8,
  fuse_notify_inval_inode_out: 24,
  fuse_notify_inval_entry_out: 16,
};

const ranges = new Map<FieldType, fc.Arbitrary<number>>([
  [u16, fc.integer({ min: 0, max: 0xffff })],
  [u32, fc.integer({ min: 0, max: 0xffffffff })],
  [i32, fc.integer({ min: -0x80000000, max: 0x7fffffff })],
  [u64, fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })],
]);

function valuesOf(struct: Struct<Fields>): fc.Arbitrary<Record<string, number>> {
  const fields = Object.entries(struct.fields).map(([name, type]) => [
    name,
    ranges.get(type) ?? fc.constant(0),
  ]);
  return fc.record(Object.fromEntries(fields));
}

test('every struct has the size that it has in the kernel header', (t) => {
  const found = Object.fromEntries(all.map(({ name, size }) => [name, size]));
  const { fuse_init_in: _, ...others } = found;
  t.deepEqual(others, sizes);
  t.is(structs.InitIn.size + structs.InitInExtension.size, 20);
});

for (const struct of all) {
  test(`${struct.name} (${struct.size} bytes) is decoded as it was encoded, at any offset`, (t) => {
    const place = fc.integer({ min: 0, max: 24 });
    t.notThrows(() =>
      fc.assert(
        fc.property(valuesOf(struct), place, (values, at) => {
          const view = new DataView(new ArrayBuffer(at + struct.size));
          struct.encodeInto(view, at, values);
          t.deepEqual(struct.decode(view, at), values);
        }),
        { numRuns: 50 },
      ),
    );
  });

  test(`${struct.name} (${struct.size} bytes) cut short at any length is a DecodeError`, (t) => {
    const view = new DataView(struct.encode({}).buffer);
    for (let length = 0; length < struct.size; length += 1) {
      t.throws(() => struct.decode(view, 0, length), { instanceOf: DecodeError });
    }
  });
}

test('a 64-bit field encodes and decodes numbers beyond 2^53 without an error', (t) => {
  const view = new DataView(new ArrayBuffer(8));
  for (const value of [2 ** 53, 2 ** 63, 2 ** 64 - 2048]) {
    u64.write(view, 0, value);
    t.is(u64.read(view, 0), value);
  }
  u64.write(view, 0, -1);
  t.is(view.getBigInt64(0, true), -1n);
  t.is(u64.read(view, 0), 2 ** 64);
  u64.write(view, 0, 2 ** 64);
  t.is(view.getBigUint64(0, true), 2n ** 64n - 1n);
});
