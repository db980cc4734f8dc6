// Every document leads where it says.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { anchors, documents, read, relativeLinks } from "./documents.ts";

for (const file of documents()) {
  test(`the links of ${file} lead to files and headings that exist`, () => {
    for (const link of relativeLinks(read(file))) {
      const [path, anchor] = link.split("#") as [string, string?];
      const target = path === "" ? file : normalize(join(dirname(file), path));
      assert.ok(existsSync(target), `${link}: there is no ${target}`);
      if (anchor !== undefined) assert.ok(anchors(read(target)).includes(anchor), `${link}: ${target} has no such heading`);
    }
  });
}

test("every page in docs can be reached from the README", () => {
  const reached = new Set<string>(["README.md"]);
  for (const file of reached) {
    for (const link of relativeLinks(read(file))) {
      const target = normalize(join(dirname(file), link.split("#")[0]!));
      if (target.endsWith(".md")) reached.add(target);
    }
  }
  assert.deepEqual(documents().filter((file) => !reached.has(file)), []);
});

test("what a document says is in a file is in that file", () => {
  for (const file of documents()) {
    // `name` ([where](file)), or `name` in [where](file).
    const claims = read(file).matchAll(/`(\w+)(?:\(\))?`\s(?:\(|in\s)\[[^\]]+\]\(([^)#:]+\.(?:ts|mjs|c|h|S))\)/g);
    for (const [, name, link] of claims) {
      const target = normalize(join(dirname(file), link!));
      assert.ok(new RegExp(`\\b${name}\\b`).test(read(target)), `${file}: \`${name}\` is not in ${target}`);
    }
  }
});
