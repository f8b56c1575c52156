/**
 * Operations of the system that fail on demand.
 *
 * @module
 */

/** An operation that fails for as long as an action takes. */
export interface Patched {
  /** What `action` gives while the operation fails. */
  during<T>(action: () => T | Promise<T>): Promise<T>;
}

/** The function `name` of `owner`, which throws `failure` when its arguments are `chosen`. */
export function patched<O extends object, K extends keyof O>(
  owner: O,
  name: K,
  chosen: (...args: unknown[]) => boolean,
  failure: Error,
): Patched {
  return {
    async during(action) {
      const original = owner[name] as (...args: unknown[]) => unknown;
      const before = Object.getOwnPropertyDescriptor(owner, name);
      const value = function (this: unknown, ...args: unknown[]) {
        if (chosen(...args)) throw failure;
        return original.apply(this, args);
      };
      Object.defineProperty(owner, name, { value, configurable: true });
      try {
        return await action();
      } finally {
        if (before === undefined) delete owner[name];
        else Object.defineProperty(owner, name, before);
      }
    },
  };
}
