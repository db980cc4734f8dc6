// Kernel scenarios of `shootdown check`: explored under each policy, with what was expected and what came out.

import type { Command } from "commander";
import {
  asExpected, checkKernel, FLUSH_POLICIES, type KernelScenario, kernelReport, type PolicyExpectation, shippedKernel, UserError,
} from "../index.js";
import type { Checked } from "./check-report.js";
import type { SearchFlags, Watch } from "./check-search.js";
import { strategyOf, type StrategyFlags } from "./check-strategy.js";
import { parsePolicies } from "./options.js";

export interface KernelFlags extends SearchFlags, StrategyFlags {
  readonly policy?: string;
  readonly append?: string;
  readonly tlbAdversary: boolean;
  readonly storeBuffers?: boolean;
}

export const addKernelOptions = (command: Command): Command =>
  command
    .option("--policy <list>", "Kernel scenarios: flush policies, separated by commas (default: those of the scenario)")
    .option("--append <text>", "Kernel scenarios: words for the kernel's command line")
    .option("--no-tlb-adversary", "Kernel scenarios: every access walks the page tables");

type Expectation = Pick<PolicyExpectation, "policy" | "expected">;

/** The policies to run `scenario` with, and what it expects of each: no violation, if it says nothing. */
function policiesOf({ policies }: KernelScenario, list: string | undefined): readonly Expectation[] {
  for (const { policy, source } of policies) {
    if (!(FLUSH_POLICIES as readonly string[]).includes(policy)) source.fail(0, `there is no flush policy "${policy}": expected ${FLUSH_POLICIES.join(", ")}`);
  }
  if (list === undefined) return policies.length > 0 ? policies : [{ policy: "sync", expected: "none" }];
  return parsePolicies(list).map((policy) => policies.find((other) => other.policy === policy) ?? { policy, expected: "none" });
}

/** Refuses, before anything is run, what does not go with `scenarios`. */
export function checkKernelFlags(flags: KernelFlags, scenarios: readonly KernelScenario[]): void {
  for (const scenario of scenarios) policiesOf(scenario, flags.policy);
  if (scenarios.length > 0) {
    if (flags.save !== undefined || flags.resume !== undefined) throw new UserError("--save and --resume do not go with Kernel scenarios");
    return;
  }
  const given = [["--policy", flags.policy !== undefined], ["--append", flags.append !== undefined], ["--no-tlb-adversary", !flags.tlbAdversary]] as const;
  const [needless] = given.find(([, there]) => there) ?? [];
  if (needless) throw new UserError(`${needless} is for Kernel scenarios, and there is none`);
}

/** Checks `scenario` under each of its policies. */
export async function* checkPolicies(scenario: KernelScenario, flags: KernelFlags, watch: Watch): AsyncGenerator<Checked> {
  const image = await shippedKernel();
  const strategy = strategyOf(flags, "bounded");
  const { tlbAdversary, storeBuffers = false } = flags;
  const append = flags.append?.split(/\s+/).filter(Boolean) ?? [];
  for (const { policy, expected } of policiesOf(scenario, flags.policy)) {
    const check = await checkKernel(scenario, policy, {
      image, strategy, append, tlbAdversary, storeBuffers, progress: watch.search(`${scenario.name} under ${policy}`, flags.timeout),
    });
    const ok = asExpected(check.verdict, expected);
    yield { ok, json: { ...check, expected }, found: { kind: "kernel", scenario, check, expected }, report: kernelReport(scenario, check, expected), schedule: check.witness?.schedule };
    if (watch.interrupted) return;
  }
}
