import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import {
  CIRCUIT_ENV,
  Cluster,
  type Result,
  type RunOptions,
  type TestDaemon,
} from '../host/cluster.js';
import { type Host, START } from './host.js';
import { Interpreter, type Outcome } from './interpreter.js';

const SOURCES = join(import.meta.dirname, '../../../test/conformance');
const PRELUDE_SH = readFileSync(join(SOURCES, 'prelude.sh'), 'utf8');

/** A case runs in an anchor that it has for itself. */
export interface Place {
  readonly scene: Scene;
  readonly cluster: Cluster;
  /** The anchor, in the mount of the first daemon. It is the working directory of programs. */
  readonly directory: string;
  /** An empty directory outside of the mount. */
  readonly scratch: string;
  /** Runs a line of shell, with the functions of prelude.sh. */
  sh(script: string): Promise<Result>;
  /** Runs a script of Python, with the functions of prelude.py. */
  python(script: string, options?: Pick<RunOptions, 'cwd'>): Promise<Outcome>;
}

/** Two joined daemons whose mounts a host serves; the cases share them. */
export class Scene {
  readonly cluster: Cluster;
  readonly #daemons: Promise<readonly [TestDaemon, TestDaemon]>;
  readonly #members: Promise<readonly [string, string]>;
  readonly #python: Promise<string>;
  #interpreter: Interpreter | undefined;
  #forOthers: Promise<TestDaemon> | undefined;
  #places = 0;

  constructor(
    t: Pick<ExecutionContext, 'teardown'>,
    readonly host: Host,
  ) {
    this.cluster = new Cluster(t);
    this.#daemons = this.#start();
    this.#members = this.#names();
    this.#python = this.#findPython();
    for (const each of [this.#daemons, this.#members, this.#python]) each.catch(() => {});
  }

  /** The two daemons. */
  get daemons(): Promise<readonly [TestDaemon, TestDaemon]> {
    return this.#daemons;
  }

  /** Their names, `X…`. */
  get members(): Promise<readonly [string, string]> {
    return this.#members;
  }

  /** Another daemon, which a case has for itself. */
  start(...args: string[]): Promise<TestDaemon> {
    return this.cluster.start(...START[this.host], ...args);
  }

  /** A daemon whose mount all users may enter; the cases share it. */
  get forOthers(): Promise<TestDaemon> {
    this.#forOthers ??= this.start('--allow-other');
    return this.#forOthers;
  }

  /** A new place, on the first daemon's own member or on the other. */
  async place(where: 'own' | 'other'): Promise<Place> {
    const [first] = await this.#daemons;
    const member = (await this.#members)[where === 'own' ? 0 : 1];
    this.#places += 1;
    const name = `case${this.#places}`;
    const directory = join(first.mountpoint, member, name);
    await mkdir(directory);
    const scratch = this.cluster.mkdir(name);
    const python = await this.#python;
    this.#interpreter ??= new Interpreter(this.cluster, python);
    const interpreter = this.#interpreter;
    const env = { ...CIRCUIT_ENV, OUT: scratch, ROOT: first.mountpoint, MEMBER: member };
    const PATH = `${dirname(python)}:${process.env.PATH}`;
    return {
      scene: this,
      cluster: this.cluster,
      directory,
      scratch,
      sh: (script) =>
        this.cluster.sh(`${PRELUDE_SH}${script}`, {
          cwd: directory,
          env: { ...env, PATH },
        }),
      python: (text, { cwd = directory } = {}) =>
        interpreter.run({ text, cwd, env, printed: `${scratch}.printed` }),
    };
  }

  async #start(): Promise<readonly [TestDaemon, TestDaemon]> {
    const first = await this.start();
    return [first, await this.start('-j', first.address)];
  }

  async #names(): Promise<readonly [string, string]> {
    const name = async ({ mountpoint }: TestDaemon) =>
      (await this.cluster.run(['readlink', join(mountpoint, '.self')])).stdout.trim();
    const [first, second] = await this.#daemons;
    return [await name(first), await name(second)];
  }

  /** The interpreter itself: `python3` may be a script that looks for it. */
  async #findPython(): Promise<string> {
    const script = 'import sys; print(sys.executable)';
    return (await this.cluster.run(['python3', '-c', script])).stdout.trim();
  }
}
