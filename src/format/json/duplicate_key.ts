/**
 * Finds what `JSON.parse` hides: it keeps the last of two equal keys and says nothing.
 *
 * @module
 */

/**
 * The first key that occurs twice in one object of `json`, or undefined when every key is unique.
 *
 * @param json text that `JSON.parse` accepts
 */
export function findDuplicateKey(json: string): string | undefined {
  // One entry for each open bracket: the keys seen so far, or undefined inside an array.
  const open: (Set<string> | undefined)[] = [];
  const followedByColon = /\s*:/y;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(undefined);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const start = at++;
      while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
      followedByColon.lastIndex = at + 1;
      const keys = open.at(-1);
      if (keys === undefined || !followedByColon.test(json)) continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
