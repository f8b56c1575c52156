/**
 * Browsers that are sent events (`text/event-stream`).
 *
 * @module
 */

/** Events that a browser may be behind before it is given up: its page asks again from where it stands. */
const MOST_WAITING = 1000;

/** Everybody who listens. */
export class Subscribers {
  readonly #open = new Set<ReadableStreamDefaultController<Uint8Array>>();

  /** How many there are. */
  get count(): number {
    return this.#open.size;
  }

  /** A new one's stream, that begins with `first`. */
  add(first: string): ReadableStream<Uint8Array> {
    let own: ReadableStreamDefaultController<Uint8Array>;
    return new ReadableStream({
      start: (controller) => {
        own = controller;
        this.#open.add(controller);
        controller.enqueue(new TextEncoder().encode(first));
      },
      cancel: () => {
        this.#open.delete(own);
      },
    });
  }

  /** Sends `text` to all. */
  send(text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (const controller of this.#open) {
      if ((controller.desiredSize ?? 0) < -MOST_WAITING) this.#close(controller);
      else controller.enqueue(bytes);
    }
  }

  /** Ends all streams. */
  close(): void {
    for (const controller of this.#open) this.#close(controller);
  }

  #close(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#open.delete(controller);
    controller.close();
  }
}

/** An event as it is sent; `data` has no line breaks once it is JSON. */
export function encodeEvent(id: number, name: string, data: unknown): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
