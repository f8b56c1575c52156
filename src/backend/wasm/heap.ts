/**
 * The engine's memory: one WebAssembly memory that tensors and kernels share, handed out in aligned blocks.
 *
 * @module
 */
import { RunError } from "../../errors.ts";
import { wholeMebibytes } from "../../format/mebibytes.ts";

const PAGE = 65_536;
/** What a 32-bit address reaches. */
const LARGEST_PAGES = 65_536;
/** Bytes that all tensors together can have. */
export const HEAP_LIMIT = LARGEST_PAGES * PAGE;
/** Blocks start at cache lines. */
const ALIGNMENT = 64;
/** Readable bytes behind every block: kernels load whole vectors across a tensor's end. */
const PADDING = 64;
/** Memory grows by at least this much, so that it grows rarely. */
const GROWTH_PAGES = 256;

interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** An allocator of blocks in a WebAssembly memory, which grows as it is needed and never shrinks. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Sizes of the blocks in use, by address. */
  readonly #used = new Map<number, number>();
  /** Ascending by address; no two touch. */
  readonly #free: Block[] = [];
  #end = PAGE; // the first page is the compiler's
  #usedBytes = 0;

  /** @param shared whether threads can share the memory */
  constructor(shared: boolean) {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: LARGEST_PAGES, shared });
  }

  /** Bytes in blocks that are in use. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes that the memory has grown to. */
  get reservedBytes(): number {
    return this.#end;
  }

  /**
   * The address of a new block, a multiple of 64; its contents are undefined.
   *
   * @throws {RunError} if the memory is full
   */
  allocate(bytes: number): number {
    if (!(bytes >= 0)) throw new Error(`There are no blocks of ${bytes} bytes.`);
    const size = Math.ceil((bytes + PADDING) / ALIGNMENT) * ALIGNMENT;
    let best = -1;
    for (let i = 0; i < this.#free.length; i++) {
      const candidate = this.#free[i]!.bytes;
      if (candidate < size || best >= 0 && candidate >= this.#free[best]!.bytes) continue;
      best = i;
      if (candidate === size) break;
    }
    if (best < 0) {
      this.#grow(size);
      best = this.#free.length - 1;
    }
    const { address, bytes: found } = this.#free[best]!;
    if (found === size) this.#free.splice(best, 1);
    else this.#free[best] = { address: address + size, bytes: found - size };
    this.#used.set(address, size);
    this.#usedBytes += size;
    return address;
  }

  /** Gives the block at `address` back. */
  free(address: number): void {
    const bytes = this.#used.get(address);
    if (bytes === undefined) throw new Error(`There is no block at ${address}.`);
    this.#used.delete(address);
    this.#usedBytes -= bytes;
    this.#release({ address, bytes });
  }

  /** `length` float32 values at `address`; on an unshared memory valid until the next allocation. */
  floats(address: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer as ArrayBuffer, address, length);
  }

  /** Adds at least `bytes` to the end, as the last free block. */
  #grow(bytes: number): void {
    const last = this.#free.at(-1);
    const atEnd = last && last.address + last.bytes === this.#end ? last.bytes : 0;
    const needed = Math.ceil((bytes - atEnd) / PAGE);
    const room = LARGEST_PAGES - this.#end / PAGE;
    const pages = Math.min(Math.max(needed, GROWTH_PAGES), room);
    try {
      if (needed > room) throw new RangeError();
      this.memory.grow(pages);
    } catch {
      throw new RunError(
        `The CPU engine has no room for ${wholeMebibytes(bytes)} MiB more ` +
          `(${wholeMebibytes(this.#end)} MiB of at most 4,096 in use): try a smaller --batch-size.`,
      );
    }
    const address = this.#end;
    this.#end += pages * PAGE;
    this.#release({ address, bytes: pages * PAGE });
  }

  /** Adds a free block, joined with the neighbours that it touches. */
  #release({ address, bytes }: Block): void {
    let low = 0, high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]!.address < address) low = middle + 1;
      else high = middle;
    }
    const before = this.#free[low - 1], behind = this.#free[low];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsBehind = behind !== undefined && address + bytes === behind.address;
    const joined = {
      address: joinsBefore ? before.address : address,
      bytes: bytes + (joinsBefore ? before.bytes : 0) + (joinsBehind ? behind.bytes : 0),
    };
    this.#free.splice(
      joinsBefore ? low - 1 : low,
      Number(joinsBefore) + Number(joinsBehind),
      joined,
    );
  }
}
