/** The classes of the library for elements, a line each kind that has one. */
import { Channel } from './chan/channel.js';
import { NameServer } from './dns/name-server.js';
import { Container } from './docker/container.js';
import type { ElementHandle } from './held-element.js';
import { Process } from './proc/process.js';
import { Subscription } from './subscription/subscription.js';

const CLASSES = {
  chan: (handle: ElementHandle) => new Channel(handle),
  proc: (handle: ElementHandle) => new Process(handle),
  docker: (handle: ElementHandle) => new Container(handle),
  dns: (handle: ElementHandle) => new NameServer(handle),
  '@join': (handle: ElementHandle) => new Subscription('@join', handle),
  '@leave': (handle: ElementHandle) => new Subscription('@leave', handle),
};

/** A kind of element that has a class of its own. */
export type ClassedKind = keyof typeof CLASSES;

/** An element of such a kind. Its `kind` tells which. */
export type ClassedElement = ReturnType<(typeof CLASSES)[ClassedKind]>;

export function hasClass(kind: string | undefined): kind is ClassedKind {
  return kind !== undefined && Object.hasOwn(CLASSES, kind);
}

/** An element of the kind, as a program of the library holds it. */
export function heldElement(kind: ClassedKind, handle: ElementHandle): ClassedElement {
  return CLASSES[kind](handle);
}
