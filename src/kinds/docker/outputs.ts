import type { Socket } from 'node:net';
import { within } from '../../base/interruptible.js';
import type { ContainerCommand } from './command.js';
import type { LeftOutput } from './left-output.js';
import { ContainerOutput } from './output.js';

/** How long the engine may take to send what was left of the output of a container that is removed. */
const LAST_OUTPUT_MS = 1000;
/** An output of which nothing came for so long had been read to its end. */
const FLOWING_MS = 500;

/** The two outputs of a container, or the one of its terminal. */
export class ContainerOutputs {
  readonly stdout: ContainerOutput;
  readonly stderr: ContainerOutput;
  readonly #isTerminal: boolean;
  readonly #both: readonly ContainerOutput[];

  constructor({ Tty, Retain }: ContainerCommand, left: LeftOutput) {
    this.#isTerminal = Tty;
    this.stdout = new ContainerOutput(!Tty, left.share(), Retain);
    this.stderr = new ContainerOutput(!Tty, left.share(), Retain);
    this.#both = [this.stdout, this.stderr];
    if (Tty) this.stderr.end();
  }

  /**
   * Attaches those that are not.
   * @param dial Makes a connection of what a query names.
   * @param disconnected Called when a connection has ended.
   */
  async attach(
    dial: (query: string) => Promise<Socket>,
    disconnected: (output: ContainerOutput) => void,
  ): Promise<void> {
    const attachOne = async (output: ContainerOutput, query: string) => {
      if (output.attached || output.complete) return;
      output.attach(await dial(query), () => disconnected(output));
    };
    const { stdout, stderr } = this;
    if (this.#isTerminal) return await attachOne(stdout, 'stdout=1&stderr=1');
    await Promise.all([attachOne(stdout, 'stdout=1'), attachOne(stderr, 'stderr=1')]);
  }

  /** The container may have ended: what is left is read. */
  drain(): void {
    for (const output of this.#both) output.drain();
  }

  /** It goes on nevertheless. */
  stopDraining(): void {
    for (const output of this.#both) output.stopDraining();
  }

  /** The engine has gone, and with it what it still had of the output. */
  breakOff(): void {
    for (const output of this.#both) if (output.wasAttached) output.breakOff();
  }

  /** The engine has waited long enough for us to read. */
  giveUp(): void {
    for (const output of this.#both) output.giveUp();
  }

  /**
   * The container has ended: each output ends when all that is left has been read.
   * @param isCutOff The engine has not waited until we had read.
   */
  finish(isCutOff: boolean): void {
    for (const output of this.#both) {
      const isLost = isCutOff && (output.isFlowing(FLOWING_MS) || output.isFull);
      // It has written, and nobody was there.
      if (isLost || !output.wasAttached) output.breakOff();
      if (output.attached) output.drain();
      else output.end();
    }
  }

  /** Resolves when the engine has sent all that was left, or has taken too long for it. */
  async whenFinished(): Promise<void> {
    const finished = Promise.all(this.#both.map((output) => output.whenDisconnected()));
    await within(finished, LAST_OUTPUT_MS, new Error('late')).catch(() => {});
  }

  /** The element goes: readers that have an output open keep what has come. */
  release(): void {
    for (const output of this.#both) output.release();
  }
}
