import assert from "node:assert/strict";
import fc from "fast-check";
import { basename, dirname, isAbsolute, join, resolve } from "@std/path";

Deno.test("basename() ignores trailing separators and names the root after itself", () => {
  for (
    const [path, name] of [
      ["", ""],
      ["a", "a"],
      ["a/b", "b"],
      ["/a/b/", "b"],
      ["a//", "a"],
      ["//a", "a"],
      [".", "."],
      ["a/..", ".."],
      ["/", "/"],
      ["///", "/"],
    ] as const
  ) {
    assert.equal(basename(path), name, `basename(${JSON.stringify(path)})`);
  }
});

Deno.test("basename() removes a suffix unless it is the whole name", () => {
  for (
    const [path, suffix, name] of [
      ["a/b.json", ".json", "b"],
      ["a/b.json/", ".json", "b"],
      ["a/b.json", ".csv", "b.json"],
      ["a/b.json", "a/b.json", "b.json"],
      [".json", ".json", ".json"],
      ["a/.json", ".json", ".json"],
      ["aa", "a", "a"],
      ["a", "", "a"],
      ["/", "/", "/"],
      ["", ".json", ""],
    ] as const
  ) {
    assert.equal(basename(path, suffix), name, `basename(${JSON.stringify([path, suffix])})`);
  }
});

Deno.test("dirname() removes the last part and the separators before it", () => {
  for (
    const [path, directory] of [
      ["", "."],
      ["a", "."],
      ["a/", "."],
      ["a/b", "a"],
      ["a//b", "a"],
      ["/a/b/", "/a"],
      ["/a//b//", "/a"],
      ["///a///b", "///a"],
      ["/a", "/"],
      ["//a", "/"],
      ["/", "/"],
      ["///", "/"],
    ] as const
  ) {
    assert.equal(dirname(path), directory, `dirname(${JSON.stringify(path)})`);
  }
});

const onPosix = { ignore: Deno.build.os === "windows" };

Deno.test("join() normalises, keeps a trailing separator and skips empty parts", onPosix, () => {
  assert.equal(join(), ".");
  assert.equal(join("", ""), ".");
  assert.equal(join("a", "", "/b"), "a/b");
  assert.equal(join("a/", "../.."), "..");
  assert.equal(join("/", ".."), "/");
  assert.equal(join("a", "b/"), "a/b/");
});

Deno.test(
  "resolve() starts from the last absolute part, or from the working directory",
  onPosix,
  () => {
    assert.equal(resolve(), Deno.cwd());
    assert.equal(resolve(""), Deno.cwd());
    assert.equal(resolve("a", "", "../b/"), `${Deno.cwd()}/b`);
    assert.equal(resolve("/a", "/b", "c"), "/b/c");
    assert.equal(resolve("/", ".."), "/");
  },
);

Deno.test("isAbsolute() is true exactly of paths from the root", onPosix, () => {
  assert.deepEqual(["/", "/a", "", ".", "a/b", "C:\\a"].map(isAbsolute), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

Deno.test("dirname() and basename() take apart what join() put together", onPosix, () => {
  const name = fc.string({ unit: "binary", minLength: 1 })
    .filter((name) => !name.includes("/") && name !== "." && name !== "..");
  fc.assert(fc.property(fc.array(name, { minLength: 1 }), name, (parents, last) => {
    const parent = join("/", ...parents);
    assert.equal(dirname(join(parent, last)), parent);
    assert.equal(basename(join(parent, last)), last);
    assert.equal(basename(join(parent, `${last}.csv/`), ".csv"), last);
  }));
});
