// npm test [-- TEXT...]: installs, builds, checks types, runs the core's specs and the host's tests.
// A TEXT selects the spec and test files whose path contains it.

import { findCompiler } from "./build/compiler.mjs";
import { install } from "./build/install.mjs";
import { build } from "./build/pipeline.mjs";
import { stages } from "./build/stages.mjs";
import { ToolError, runTool } from "./build/errors.mjs";
import { coreSpecs, runCoreSpecs } from "./build/core-specs.mjs";
import { hostTests, runHostTests } from "./build/host-tests.mjs";

await runTool(async () => {
  findCompiler();
  await install();
  await build(stages);
  const texts = process.argv.slice(2);
  const chosen = (files) => files.filter((file) => texts.length === 0 || texts.some((text) => file.includes(text)));
  const specs = chosen(coreSpecs());
  const tests = chosen(hostTests());
  if (specs.length + tests.length === 0) throw new ToolError(`no test file matches ${texts.join(" or ")}`, 2);
  const corePassed = await runCoreSpecs(specs);
  const hostPassed = await runHostTests(tests);
  return corePassed && hostPassed ? 0 : 1;
});
