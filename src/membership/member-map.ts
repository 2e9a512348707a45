import type { MemberName } from '../base/address.js';

/** What is kept of members by their names: a `Map`, or what does as much of it as is needed. */
export interface MemberMap<V> {
  readonly size: number;
  get(name: MemberName): V | undefined;
  set(name: MemberName, value: V): unknown;
  delete(name: MemberName): boolean;
  values(): Iterable<V>;
}

/** Makes an empty one. A simulation, where thousands know thousands, makes smaller ones. */
export type NewMemberMap = <V>() => MemberMap<V>;

export const newMemberMap: NewMemberMap = () => new Map();
