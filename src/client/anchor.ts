import type { AnchorView, Member } from '../anchor/circuit.js';
import { formatPath } from '../anchor/path.js';
import type { Interruptible } from '../base/interruptible.js';
import { Channel } from '../kinds/chan/channel.js';
import type { Files } from '../kinds/control-file.js';
import { NameServer } from '../kinds/dns/name-server.js';
import type { NameServerOptions } from '../kinds/dns/name-server-options.js';
import type { ContainerSpecification } from '../kinds/docker/command.js';
import { Container } from '../kinds/docker/container.js';
import type { ElementAnchor, ElementHandle } from '../kinds/held-element.js';
import { type ClassedElement, hasClass, heldElement } from '../kinds/library.js';
import type { Command } from '../kinds/proc/command.js';
import { Process } from '../kinds/proc/process.js';
import { Subscription } from '../kinds/subscription/subscription.js';
import type { Description } from '../kinds/table.js';

/**
 * A place on a member, which may have sub-anchors and one element. It is a mere
 * name and needs no release. Every call can fail with EHOSTUNREACH, if the member
 * cannot be reached now, and with ENOENT, if it or the anchor is not there.
 */
export class Anchor implements ElementAnchor {
  readonly #member: Member;
  readonly #names: readonly string[];
  readonly #held: Set<Disposable>;

  /** @param held Where the elements that it gives are noted until they are disposed. */
  constructor(member: Member, names: readonly string[], held: Set<Disposable>) {
    this.#member = member;
    this.#names = names;
    this.#held = held;
  }

  /** `/X…/a/b` */
  get path(): string {
    return formatPath(this.#member.name, this.#names);
  }

  /** The anchor below; asks nobody. A name may be several, with slashes between. */
  walk(...names: readonly string[]): Anchor {
    const more = names.flatMap((name) => name.split('/')).filter((name) => name !== '');
    return new Anchor(this.#member, [...this.#names, ...more], this.#held);
  }

  /** The sub-anchors that are there now, and the kind of the element. */
  view({ signal }: Interruptible = {}): Promise<AnchorView> {
    return this.#member.view(this.#names, signal);
  }

  /**
   * Makes this anchor; the one above exists.
   * @throws CircuitError EEXIST, EINVAL or ENAMETOOLONG (the name), EINTR
   */
  async mkdir({ signal }: Interruptible = {}): Promise<void> {
    await this.#member.mkdir(this.#names, signal);
  }

  /** @throws CircuitError ENOTEMPTY (sub-anchors), EBUSY (a live element), EPERM (a member), EINTR */
  async rmdir({ signal }: Interruptible = {}): Promise<void> {
    await this.#member.rmdir(this.#names, signal);
  }

  /**
   * The control files that are here, as on a mount: of the element, whatever its kind, of the member,
   * or those that make an element. To be disposed.
   */
  files(options?: Interruptible): Promise<Files> {
    return this.#member.files(this.#names, options);
  }

  /** Which control files are here, and of what they are: the member, the element, or none yet. */
  async describe({ signal }: Interruptible = {}): Promise<Description> {
    const isMember = this.#names.length === 0;
    const { kind } = isMember ? {} : await this.#member.stat(this.#names, signal);
    return await this.#member.describe(isMember ? 'member' : (kind ?? 'anchor'), signal);
  }

  /**
   * Makes an element here, of any kind, and the anchors on the way. If it is interrupted, it may have
   * been made.
   * @param file The file that makes it, such as `mkchan`.
   * @param text What is written to that file.
   * @returns The files of the element, to be disposed.
   * @throws CircuitError EEXIST (there is an element), ENOENT (no such file), and what the kind says
   */
  make(file: string, text: string, options?: Interruptible): Promise<Files> {
    return this.#member.make(this.#names, file, text, options);
  }

  /**
   * As {@link make}, of an element that ends with the result: it is hung up, and removed, when the
   * result is disposed, or its program is cut off, or silent for 6 s.
   */
  attend(file: string, text: string, options?: Interruptible): Promise<Files> {
    return this.#member.make(this.#names, file, text, { ...options, attended: true });
  }

  /**
   * Makes a channel here, and the anchors on the way. If it is interrupted, the
   * channel may have been made.
   * @param capacity How many messages it takes that nobody receives yet; 0 is a rendezvous.
   * @throws CircuitError EEXIST (there is an element), EINVAL (the capacity, a name), EINTR
   */
  async makeChannel(capacity = 0, options?: Interruptible): Promise<Channel> {
    return new Channel(this.#handle(await this.make('mkchan', String(capacity), options)));
  }

  /**
   * Starts a process here, and makes the anchors on the way. If it is
   * interrupted, the process may have started.
   * @throws CircuitError EEXIST (there is an element), EINVAL (the command, a name),
   *   ENOENT or EACCES (the program, `Dir`), EINTR
   */
  async makeProcess(command: Command, options?: Interruptible): Promise<Process> {
    return new Process(this.#handle(await this.make('mkproc', JSON.stringify(command), options)));
  }

  /**
   * Starts a container here, on the Docker engine that the member's daemon was started with, and makes the
   * anchors on the way. If it is interrupted, the container may have started.
   * @throws CircuitError EEXIST (there is an element), EINVAL (the command, a name), ENOENT (the image,
   *   the program, no engine), EACCES, ECONNREFUSED, EOPNOTSUPP (the daemon makes no containers), EINTR
   */
  async makeContainer(
    specification: ContainerSpecification,
    options?: Interruptible,
  ): Promise<Container> {
    const files = await this.make('mkdkr', JSON.stringify(specification), options);
    return new Container(this.#handle(files));
  }

  /**
   * Makes a name server here, and the anchors on the way: on a free port, if none is given. If it is
   * interrupted, it may have been made.
   * @throws CircuitError EEXIST (there is an element), EINVAL (the address, the zone, a name), EADDRINUSE,
   *   EADDRNOTAVAIL or EACCES (it cannot listen there), EINTR
   */
  async makeNameServer(
    server: NameServerOptions = {},
    options?: Interruptible,
  ): Promise<NameServer> {
    return new NameServer(this.#handle(await this.make('mkdns', JSON.stringify(server), options)));
  }

  /**
   * Makes a subscription here, and the anchors on the way: it first tells of each member that
   * is there, this anchor's own included, and then of each of which that one learns that it
   * came: none is missed between, and none told twice. If it is interrupted, the subscription
   * may have been made.
   * @throws CircuitError EEXIST (there is an element), EINVAL (a name), EINTR
   */
  async makeJoinSubscription(options?: Interruptible): Promise<Subscription> {
    return new Subscription('@join', this.#handle(await this.make('mk@join', '', options)));
  }

  /**
   * Makes a subscription here that tells of each member that goes from now on, in order or because
   * it fails. Otherwise as {@link makeJoinSubscription}.
   */
  async makeLeaveSubscription(options?: Interruptible): Promise<Subscription> {
    return new Subscription('@leave', this.#handle(await this.make('mk@leave', '', options)));
  }

  /**
   * The element here, if there is one of a kind that has a class of its own; `kind` tells which. For
   * other kinds there is {@link files}.
   * @throws CircuitError EINTR
   */
  async get({ signal }: Interruptible = {}): Promise<ClassedElement | undefined> {
    const { kind } = await this.#member.stat(this.#names, signal);
    if (!hasClass(kind)) return undefined;
    return heldElement(kind, this.#handle(await this.files({ signal })));
  }

  /** Aborts the element and removes it, whatever its state: a process is killed. @throws CircuitError EINTR */
  async scrub({ signal }: Interruptible = {}): Promise<void> {
    using files = await this.files({ signal });
    await files.command('scrub', '', signal);
  }

  #handle(files: Files): ElementHandle {
    return { anchor: this, files, held: this.#held };
  }
}
