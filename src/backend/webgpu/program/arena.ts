/**
 * Where everything finds room for as long as it is needed. An arena is one of a few large buffers that everything shares
 * by turns.
 *
 * WebGPU forbids that one dispatch reads one part of a buffer and writes another: what meets in such a dispatch is kept in
 * different buffers.
 *
 * @module
 */

/** Something that needs room. */
export interface Item {
  readonly bytes: number;
  /** The first and the last moment at which it is needed. */
  readonly first: number;
  readonly last: number;
}

/** Where an item is: in which arena, and from which byte on. */
export interface Room {
  readonly arena: number;
  readonly offset: number;
}

/** Every room and how large the arenas must be. */
export interface Packing {
  readonly rooms: readonly Room[];
  readonly arenas: readonly number[];
}

/** Offsets are multiples of this: the largest that WebGPU lets a device demand. */
const ALIGNMENT = 256;

/**
 * Packs `items`, the largest first, each where it makes the buffers grow least.
 *
 * @param apart for each item the numbers of those that may not share its buffer
 * @param most bytes that a buffer may have; a single item may be larger
 */
export function packArenas(
  items: readonly Item[],
  apart: readonly ReadonlySet<number>[],
  most: number,
): Packing {
  const rooms: Room[] = [], arenas: number[] = [];
  const members: number[][] = [];
  const order = items.map((_, i) => i).sort((a, b) => items[b]!.bytes - items[a]!.bytes || a - b);
  for (const i of order) {
    const item = items[i]!, bytes = aligned(item.bytes);
    let best: Room | undefined, growth = Infinity;
    for (const [arena, inside] of members.entries()) {
      if (inside.some((other) => apart[i]!.has(other))) continue;
      const present = inside
        .filter((other) => meet(items[other]!, item))
        .map((other) => ({ ...items[other]!, ...rooms[other]! }))
        .sort((a, b) => a.offset - b.offset);
      const offset = lowestGap(item, present);
      const grown = Math.max(0, offset + bytes - arenas[arena]!);
      if (grown > 0 && offset + bytes > most || grown >= growth) continue;
      [best, growth] = [{ arena, offset }, grown];
    }
    best ??= { arena: members.push([]) - 1, offset: 0 };
    rooms[i] = best;
    members[best.arena]!.push(i);
    arenas[best.arena] = Math.max(arenas[best.arena] ?? 0, best.offset + bytes);
  }
  return { rooms, arenas };
}

const meet = (a: Item, b: Item) => a.first <= b.last && b.first <= a.last;
const aligned = (bytes: number) => ALIGNMENT * Math.ceil(bytes / ALIGNMENT);

/** The lowest offset at which `item` overlaps none of `present`. */
function lowestGap(item: Item, present: readonly (Item & Room)[]): number {
  let offset = 0;
  for (const other of present) {
    if (offset + item.bytes <= other.offset) break;
    offset = Math.max(offset, aligned(other.offset + other.bytes));
  }
  return offset;
}
