import assert from "node:assert/strict";
import { describeIoError, ioError, isAboutPlace, StorageError } from "../../src/disk/failure.ts";
import { RunError } from "../../src/errors.ts";

function withCode(code: string): Error {
  return Object.assign(new Error("(os error 30): open '/a'"), { code });
}

Deno.test("describeIoError() says in words what the system says in codes", () => {
  assert.equal(describeIoError(withCode("EROFS")), "the file system is read-only");
  assert.equal(describeIoError(withCode("EIO")), "the device failed (input/output error)");
  assert.equal(describeIoError(new Deno.errors.PermissionDenied()), "permission was denied");
  const full = new Error("database or disk is full");
  assert.equal(describeIoError(full), describeIoError(withCode("ENOSPC")));
});

Deno.test("isAboutPlace() tells a place that is full, read-only, forbidden or failing from what lies there", () => {
  const places = [
    ...["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "EIO", "EMFILE", "ENFILE"].map(withCode),
    Object.assign(new Deno.errors.PermissionDenied("no"), { code: "EACCES" }),
    new Deno.errors.NotCapable("no"),
    new Error("disk I/O error"),
    new Error("unable to open database file: /a/index.kv"),
    new Error("attempt to write a readonly database"),
    new Error("database is locked"),
    new StorageError("full"),
  ];
  const contents = [
    Object.assign(new Deno.errors.NotFound("no"), { code: "ENOENT" }),
    Object.assign(new Deno.errors.IsADirectory("no"), { code: "EISDIR" }),
    Object.assign(new Deno.errors.NotADirectory("no"), { code: "ENOTDIR" }),
    new Error("database disk image is malformed"),
    Object.assign(new Error("file is not a database"), { code: "ERR_SQLITE_ERROR" }),
    new RunError("damaged"),
    undefined,
  ];
  for (const error of places) assert.ok(isAboutPlace(error), String(error));
  for (const error of contents) assert.ok(!isAboutPlace(error), String(error));
});

Deno.test("ioError() is a StorageError where the place is to blame, and says what to do", () => {
  const denied = ioError("Could not read a", withCode("EIO"), "try again");
  assert.ok(denied instanceof StorageError);
  assert.equal(
    denied.message,
    "Could not read a (the device failed (input/output error)): try again",
  );
  const missing = ioError("Could not read a", new Deno.errors.NotFound());
  assert.ok(!(missing instanceof StorageError));
  assert.equal(missing.message, "Could not read a: there is no such file or directory");
});
