// A kernel scenario that is ready to be explored, from what a schedule says of it.

import { createHash } from "node:crypto";
import { UserError } from "../../errors.js";
import type { TlbPreset } from "../../machine/index.js";
import { observedText } from "../scenario/condition.js";
import type { KernelScenario } from "../scenario/kernel.js";
import type { Start } from "../schedule/schedule.js";
import type { Subject } from "../subject.js";
import { bootScenario, type Booted } from "./boot.js";
import { type KernelImage, shippedKernel } from "./image.js";
import { type ExploreKernelOptions, Kernel, type Wrong } from "./kernel.js";

export interface KernelSubject extends Subject {
  readonly kernel: Kernel;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What the executions of `kernel` start from: what a schedule keeps. */
export function kernelStart(kernel: Kernel, options: ExploreKernelOptions): Start {
  const { image, policy = "sync", append = [], storeBuffers = false, tlbAdversary = true } = options;
  return { scenario: kernel.scenario.source, storeBuffers, kernel: { image: sha256(image), policy, append, tlbAdversary, words: [...kernel.switchWords].sort((a, b) => a - b) } };
}

/** The final values of what the condition names, as outcomes list them. */
export const finalText = (kernel: Kernel): string =>
  kernel.scenario.observed.map((observed) => observedText(observed, String(kernel.valueOf(observed)))).join(" ");

/** What is wrong, in words. */
export function wrongText(kernel: Kernel, wrong: Wrong): string {
  switch (wrong.kind) {
    case "condition":
      return finalText(kernel);
    case "panic":
      return `CPU ${wrong.cpu} says: ${wrong.says.trim()}`;
    case "deadlock":
      return `deadlock: ${wrong.columns.map((column) => `P${column}`).join(", ")} wait for ever`;
    case "livelock":
      return `livelock: CPU ${wrong.cpu} goes on for ever`;
    default:
      return `${wrong.kind}: ${finalText(kernel)}`;
  }
}

export function subjectOfKernel(kernel: Kernel): KernelSubject {
  const { system, exploration, machine } = kernel;
  return {
    kernel, system, exploration, machine, columns: kernel.scenario.columns.length,
    finding() {
      if (system.enabled().length > 0) return undefined;
      const wrong = kernel.judge();
      return wrong && { kind: wrong.kind, text: wrongText(kernel, wrong) };
    },
    describe(transition) {
      const what = kernel.describe(transition);
      return () => ({ what, notes: [] });
    },
  };
}

export interface BootedStart {
  readonly booted: Booted;
  /** Begins to explore it, at the switch points of the schedule. */
  explore(): KernelSubject;
}

/** Boots what `start` says of a kernel; a UserError if that is not the kernel of then. */
export async function bootStart(scenario: KernelScenario, start: Start, options: { readonly tlb?: TlbPreset; readonly image?: KernelImage } = {}): Promise<BootedStart> {
  const { kernel: wanted, storeBuffers } = start;
  if (!wanted) throw new UserError("the schedule of a Kernel scenario says nothing of its kernel");
  const { path, bytes } = options.image ?? (await shippedKernel());
  const hash = sha256(bytes);
  if (hash !== wanted.image) throw new UserError(`${path} is not the kernel that the schedule was made with: its SHA-256 is ${hash}, and was ${wanted.image}`);
  const { policy, append, tlbAdversary } = wanted;
  const booted = await bootScenario(scenario, { image: bytes, path, policy, append, ...(options.tlb ? { tlb: options.tlb } : {}) });
  return {
    booted,
    explore() {
      const kernel = new Kernel(scenario, booted, { image: bytes, path, storeBuffers, tlbAdversary });
      kernel.share(wanted.words);
      return subjectOfKernel(kernel);
    },
  };
}
