// Checks a kernel scenario under one policy: boots it, searches, and says what may be said. For the commands.

import { UserError } from "../../errors.js";
import type { EndSearch } from "../explore/drive.js";
import type { Figures, Standing, Strategy } from "../explore/strategy.js";
import type { Execution } from "../report/execution.js";
import type { KernelScenario } from "../scenario/kernel.js";
import type { Schedule } from "../schedule/schedule.js";
import { shrunkSchedule } from "../schedule/shrink.js";
import { executionOf } from "../show.js";
import type { Finding, Subject } from "../subject.js";
import { type CheckVerdict, verdictOf } from "../verdict.js";
import type { KernelImage } from "./image.js";
import { openKernel } from "./kernel.js";
import { type KernelResult, searchKernel } from "./narrow.js";
import { kernelStart, subjectOfKernel } from "./subject.js";

export interface CheckKernelOptions {
  readonly image: KernelImage;
  readonly strategy: Strategy;
  /** Words for the kernel's command line, besides those of the scenario. */
  readonly append?: readonly string[];
  /** Default: yes. */
  readonly tlbAdversary?: boolean;
  /** Default: no. */
  readonly storeBuffers?: boolean;
  /** Called now and then; true, or why, ends the search. */
  progress?(standing: Standing): EndSearch;
}

export interface KernelCheck {
  readonly name: string;
  readonly policy: string;
  /** All words of the command line that make the kernel another one. */
  readonly words: readonly string[];
  readonly verdict: CheckVerdict;
  /** What the last search looked at. */
  readonly figures: Figures;
  readonly freedoms: { readonly tlbAdversary: boolean; readonly storeBuffers: boolean; readonly switchWords: number };
  readonly witness?: Witness;
}

/** An execution that shows a violation, shrunk. */
export interface Witness {
  readonly schedule: Schedule;
  /** Its table, or why the machine with ordinary TLBs that tables are made with cannot make it. */
  readonly execution: Execution | string;
}

async function tableOf(schedule: Schedule, subject: Subject): Promise<Execution | string> {
  try {
    return await executionOf(schedule, subject);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** Explores `scenario` on the kernel with `policy`, to the first violation. */
export async function checkKernel(scenario: KernelScenario, policy: string, options: CheckKernelOptions): Promise<KernelCheck> {
  const { image, strategy, append = [], tlbAdversary = true, storeBuffers = false, progress } = options;
  const kernelOptions = { image: image.bytes, path: image.path, policy, append, tlbAdversary, storeBuffers };
  const kernel = await openKernel(scenario, kernelOptions);
  const { coverage, violation, switchWords } = await searchKernel(kernel, strategy, progress ? { progress } : {});
  const { states, executions, transitions, depth } = coverage;
  const freedoms = { tlbAdversary, storeBuffers, switchWords: switchWords.length };
  const found = violation && (await witnessOf(violation));
  return {
    name: scenario.name, policy, words: [...scenario.words, ...append], freedoms,
    figures: { ...(states === undefined ? {} : { states }), executions, transitions, depth },
    verdict: verdictOf(coverage, freedoms, found?.finding),
    ...(found ? { witness: found.witness } : {}),
  };

  async function witnessOf({ path }: NonNullable<KernelResult["violation"]>): Promise<{ finding: Finding; witness: Witness }> {
    const subject = subjectOfKernel(kernel);
    const mark = subject.system.mark();
    for (const transition of path) subject.system.take(transition);
    const finding = subject.finding();
    if (!finding) throw new Error("an execution that went wrong does not go wrong again");
    subject.system.undo(mark);
    const schedule = shrunkSchedule(kernelStart(kernel, kernelOptions), subject, path);
    return { finding, witness: { schedule, execution: await tableOf(schedule, subject) } };
  }
}
