import type { Caller, File } from '../../mount/node.js';
import { helpPage } from '../kinds/help.js';
import type { Description, FileDescription } from '../kinds/table.js';
import { ConstantFile, commandFile, decodeCommand, streamFile } from './control.js';
import { endOfCommand } from './end-of-command.js';
import { logFile } from './log-file.js';
import { operate, type Place, pathOf } from './operation.js';
import type { ValueSource } from './renderings.js';
import { sinkHandle } from './sink-handle.js';
import { sourceHandle } from './source-handle.js';
import { ValueFile } from './value.js';

/** The control files of a directory, by name. */
export type ControlFiles = ReadonlyMap<string, File>;

/** Makes the control files of a directory of the mount from its table. */
export function controlFiles(place: Place, description: Description): ControlFiles {
  const { name, files } = description;
  const valueNames = Object.keys(files).filter((file) => files[file]?.type === 'value');
  const values = valuesOf(place, name, valueNames);
  // Another element may come to the same anchor: the name is asked for each time.
  const id = name === 'member' ? undefined : name;
  const entries = Object.entries(files).map(
    ([file, entry]) => [file, fileOf(place, file, entry, values)] as const,
  );
  return new Map<string, File>([
    ['help', new ConstantFile(0o444, () => helpPage(description), id)],
    ['error', errorFile(place)],
    ...entries,
    ...(files.kind ? [['kind', new ConstantFile(0o400, () => `${name}\n`, id)] as const] : []),
  ]);
}

function fileOf(place: Place, name: string, entry: FileDescription, values: ValueSource): File {
  const { member, path, context } = place;
  const open = (caller: Caller) => member.files(path, caller);
  switch (entry.type) {
    case 'value':
      return new ValueFile(context.renderings, values, name);
    case 'command':
      return operationFile(place, name, entry.json);
    case 'source':
      return streamFile(0o400, async (caller) => {
        const files = await open(caller);
        return sourceHandle(files, files.source(name), context.renderings);
      });
    case 'sink':
      return streamFile(0o200, async (caller, { append }) => {
        const files = await open(caller);
        return sinkHandle(place, files, files.sink(name, { append }));
      });
    case 'log':
      return logFile(member, path, name);
    default:
      throw new TypeError(`unknown type ${String(entry.type satisfies never)}`);
  }
}

function operationFile(place: Place, name: string, json: FileDescription['json']): File {
  const { member, path, context } = place;
  const run = (command: Uint8Array, caller: Caller) => {
    const shown = context.registry.shown(name, Buffer.from(command).toString());
    return operate(place, caller, `${pathOf(place)}/${name} ${shown}`.trim(), async () => {
      const text = decodeCommand(command);
      using files = await member.files(path, caller);
      await files.command(name, text, caller.signal);
    });
  };
  return commandFile(run, endOfCommand(json));
}

/**
 * The values at a place.
 * @param of The name of its table: another element at the same place has other values.
 */
function valuesOf(place: Place, of: string, names: readonly string[]): ValueSource {
  const { member, path } = place;
  return {
    key: `${pathOf(place)}:${of}`,
    remote: !member.watch,
    suspected: () => member.suspected,
    names,
    ask: (asked) => {
      const opened = member.files(path);
      const value = async (name: string) => (await opened).value(name);
      const texts = new Map(asked.map((name) => [name, value(name)]));
      const dispose = async () => (await opened)[Symbol.dispose]();
      // If they could not be opened, the values tell why.
      Promise.allSettled(texts.values())
        .then(dispose)
        .catch(() => {});
      return texts;
    },
  };
}

/** Why the last command at a place failed, of those on this mount. */
function errorFile(place: Place): File {
  const { failures, renderings } = place.context;
  const source: ValueSource = {
    key: `${pathOf(place)}:failures`,
    remote: false,
    suspected: () => false,
    names: ['error'],
    ask: () => new Map([['error', Promise.resolve(failures.reason(pathOf(place)))]]),
  };
  return new ValueFile(renderings, source, 'error');
}
