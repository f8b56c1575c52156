import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";

/** Whether an error is a user's, in one line that has all of `needles`. */
export function usageError(...needles: string[]) {
  return (error: unknown) => {
    assert(error instanceof UsageError, String(error));
    for (const needle of needles) {
      assert(error.message.includes(needle), `${error.message}\nlacks ${needle}`);
    }
    assert(!error.message.includes("\n"));
    return true;
  };
}
