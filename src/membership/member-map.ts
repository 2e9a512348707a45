import type { MemberName } from '../base/address.js';

/** A map by members' names: a `Map`, or a class that does as much of it as is needed. */
export interface MemberMap<V> {
  readonly size: number;
  get(name: MemberName): V | undefined;
  set(name: MemberName, value: V): unknown;
  delete(name: MemberName): boolean;
  values(): Iterable<V>;
}

/** Makes an empty map. The simulator, where thousands know thousands, makes smaller ones. */
export type NewMemberMap = <V>() => MemberMap<V>;

export const newMemberMap: NewMemberMap = () => new Map();
