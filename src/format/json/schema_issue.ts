/**
 * What a schema finds wrong in JSON, as people say it.
 *
 * @module
 */
import type * as v from "valibot";

/** `issue` as the rest of a sentence whose beginning names the file: `row 1 has no label`. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []) as readonly v.IssuePathItem[], last = path.at(-1);
  const ofKey = issue.kind === "schema" && last !== undefined &&
    "origin" in last && last.origin === "key";
  if (ofKey) {
    const holder = place(path.slice(0, -1));
    if (issue.expected === "never") return `${holder} has "${last.key}", which it cannot have`;
    return `${holder} has no ${last.key}`;
  }
  // A message of our own says what the value must be; one of the library's begins like this.
  const found = /^Invalid [\w ]+: Expected (.+) but received (.+)$/s.exec(issue.message);
  return `${place(path)} ${found ? `must be ${found[1]}, not ${found[2]}` : issue.message}`;
}

/** `rows.0.recipe.width` as `row 1, recipe.width`. */
function place(path: readonly v.IssuePathItem[]): string {
  const parts: string[] = [];
  for (const { key } of path) {
    const list = typeof key === "number" ? parts.pop() : undefined;
    if (list !== undefined) parts.push(`${list.replace(/s$/, "")} ${key as number + 1}`);
    else parts.push(String(key));
  }
  const text = parts.reduce(
    (said, part) => said === "" ? part : `${said}${/ \d+$/.test(said) ? ", " : "."}${part}`,
    "",
  );
  return text || "it";
}
