// A scenario of any kind, by the first word of its text.

import { readFrame } from "./frame.js";
import { type KernelScenario, kernelOf } from "./kernel.js";
import { type Litmus, litmusOf } from "./litmus.js";
import { type TranslationScenario, translationOf } from "./translation.js";

/** Runs bare code, without a kernel. */
export type LitmusTest = Litmus | TranslationScenario;
export type Scenario = LitmusTest | KernelScenario;

/** Parses a scenario; `file` is for messages, each of which is a line with its place in the text. */
export function parseScenario(file: string, text: string): Scenario {
  const frame = readFrame(file, text);
  switch (frame.kind) {
    case "X86_64":
      return litmusOf(frame, text);
    case "Translation":
      return translationOf(frame, text);
    case "Kernel":
      return kernelOf(frame, text);
  }
}
