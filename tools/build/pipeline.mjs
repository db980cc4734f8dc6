// Runs the stages that are stale, those that do not wait for each other side by side.

import { mkdirSync } from "node:fs";
import { at } from "./paths.mjs";
import { ToolError } from "./errors.mjs";
import { stage as shown } from "./progress.mjs";
import { stale } from "./stamps.mjs";

/** The named stages and all that they wait for, in the order of `stages`; all of them if none is named. */
function wanted(stages, names) {
  const known = new Map(stages.map((stage) => [stage.name, stage]));
  const chosen = new Set();
  const choose = (name) => {
    if (!known.has(name)) {
      throw new ToolError(`no build stage is called '${name}'; there are ${[...known.keys()].join(", ")}`, 2);
    }
    known.get(name).after.forEach(choose);
    chosen.add(name);
  };
  (names.length > 0 ? names : [...known.keys()]).forEach(choose);
  return stages.filter((stage) => chosen.has(stage.name));
}

async function runIfStale(stage) {
  const record = stale(stage);
  if (!record) return;
  await shown(`build ${stage.name}: ${stage.title}`, stage.run);
  record();
}

/** Builds what is stale. Every stage that can run does, so that one failure does not hide another. */
export async function build(stages, names = []) {
  mkdirSync(at("build"), { recursive: true });
  const ended = new Map();
  const failures = [];
  for (const stage of wanted(stages, names)) {
    const before = stage.after.map((name) => ended.get(name));
    ended.set(stage.name, Promise.all(before).then(async (outcomes) => {
      if (outcomes.includes(false)) return false;
      try {
        await runIfStale(stage);
        return true;
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        failures.push({ stage, error });
        return false;
      }
    }));
  }
  await Promise.all(ended.values());
  if (failures.length === 0) return;
  const text = failures.map(({ stage, error }) => `build ${stage.name} failed:\n${error.message}`).join("\n");
  throw new ToolError(text, Math.max(...failures.map(({ error }) => error.exitCode)));
}
