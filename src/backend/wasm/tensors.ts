/**
 * Tensors of the CPU engine: tfjs's own CPU backend, whose kernels do the small things, over tensors that live on the
 * heap as soon as a kernel of ours has made or used them.
 *
 * @module
 */
import type { DataType, TensorInfo } from "@tensorflow/tfjs";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { Crew } from "./crew.ts";
import type { Heap } from "./heap.ts";
import type { Phase } from "./phases.ts";

type DataId = TensorInfo["dataId"];

/** Float32 values on the heap, in the shape in which tfjs's CPU kernels look for a tensor's values. */
class HeapData {
  readonly dtype: DataType = "float32";
  readonly address: number;
  readonly #heap: Heap;
  readonly #length: number;
  /** Blocks made from these values, such as packed filters, by what they are. */
  readonly derived = new Map<string, number>();
  refCount: number;

  constructor(heap: Heap, length: number, refCount = 1) {
    this.#heap = heap;
    this.#length = length;
    this.address = heap.allocate(4 * length);
    this.refCount = refCount;
  }

  get values(): Float32Array<ArrayBuffer> {
    return this.#heap.floats(this.address, this.#length);
  }

  free(): void {
    this.#heap.free(this.address);
    for (const address of this.derived.values()) this.#heap.free(address);
  }
}

/** The engine as tfjs sees it. */
export class TensorEngine extends MathBackendCPU {
  readonly heap: Heap;
  readonly crew: Crew;

  constructor(heap: Heap, crew: Crew) {
    super();
    this.heap = heap;
    this.crew = crew;
  }

  /**
   * Keeps `values`; a copy of those on the heap. tfjs's own kernels make a slice of a tensor a view of its values, and
   * the heap's block is another tensor's once the first is freed. Shared memory that grows is a new buffer each time, which
   * such a view may be older than.
   */
  override write(...[values, shape, dtype]: Parameters<MathBackendCPU["write"]>): DataId {
    const onHeap = ArrayBuffer.isView(values) &&
      (!(values.buffer instanceof ArrayBuffer) || values.buffer === this.heap.memory.buffer);
    return super.write(onHeap ? values.slice() : values, shape, dtype);
  }

  /** A float32 tensor of `shape`; its values are undefined until a kernel has written them. */
  allocate(shape: readonly number[]): TensorInfo {
    const info = this.makeTensorInfo([...shape], "float32", []);
    this.data.set(info.dataId, new HeapData(this.heap, shape.reduce((a, b) => a * b, 1)));
    return info;
  }

  /** Where the values of a float32 tensor stand; moves them to the heap if they are not there yet. */
  address(tensor: TensorInfo): number {
    return this.#onHeap(tensor.dataId).address;
  }

  /** The values of float32 tensors, on the heap; valid until the next allocation. */
  floats(...tensors: TensorInfo[]): Float32Array[] {
    return tensors.map(({ dataId }) => this.#onHeap(dataId)).map(({ values }) => values);
  }

  /**
   * The address of what is derived from a tensor's values, made at most once in the tensor's life: tensors never change.
   *
   * @param name what it is
   * @param make gives the program that writes it to the address
   */
  derived(tensor: TensorInfo, name: string, bytes: number, make: (to: number) => Phase): number {
    const { derived } = this.#onHeap(tensor.dataId);
    const known = derived.get(name);
    if (known !== undefined) return known;
    const address = this.heap.allocate(bytes);
    derived.set(name, address);
    this.crew.run([make(address)]);
    return address;
  }

  /** Runs `use` with a block of `bytes` that is free again afterwards. */
  temporarily(bytes: number, use: (address: number) => void): void {
    const address = this.heap.allocate(bytes);
    try {
      use(address);
    } finally {
      this.heap.free(address);
    }
  }

  /** The values on the host: a copy, since the heap's block may be another tensor's soon. */
  override readSync(dataId: DataId): ReturnType<MathBackendCPU["readSync"]> {
    const data = this.data.get(dataId);
    return data instanceof HeapData ? data.values.slice() : super.readSync(dataId);
  }

  override read(dataId: DataId): ReturnType<MathBackendCPU["read"]> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const data = this.data.has(dataId) ? this.data.get(dataId) : undefined;
    const disposed = super.disposeData(dataId, force);
    if (disposed && data instanceof HeapData) data.free();
    return disposed;
  }

  #onHeap(dataId: DataId): HeapData {
    const data = this.data.get(dataId);
    if (data instanceof HeapData) return data;
    const { values, dtype, refCount } = data;
    if (dtype !== "float32") {
      throw new Error(`The CPU engine's kernels take float32, not ${dtype}.`);
    }
    const moved = new HeapData(this.heap, values!.length, refCount);
    moved.values.set(values as Float32Array);
    this.data.set(dataId, moved);
    return moved;
  }
}
