/**
 * A process of its own: `containers MODULE ADDRESS IMAGE NETWORK` makes containers by the library of a
 * build, as a program does, at the member at the address. It answers how many milliseconds one takes.
 */
import { answerFigures } from '../figures.js';

/** What is used here of the library. */
interface Library {
  dial(address: string): Promise<{ readonly self: string; anchor(path: string): Anchor }>;
}

interface Anchor {
  makeContainer(command: Readonly<Record<string, unknown>>): Promise<Container>;
}

interface Container extends Disposable {
  wait(): Promise<unknown>;
  scrub(): Promise<void>;
}

const [module = '', address = '', Image = '', Network = ''] = process.argv.slice(2);
const { dial }: Library = await import(module);
const circuit = await dial(address);
const anchor = circuit.anchor(`/${circuit.self}/bench-container`);
await answerFigures({ container });

async function container(): Promise<number> {
  const started = performance.now();
  using made = await anchor.makeContainer({ Image, Network, Path: 'true' });
  await made.wait();
  await made.scrub();
  return performance.now() - started;
}
