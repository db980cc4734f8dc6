// Runs policies side by side: each in a worker thread, whose program is the bundle that this file is part
// of. Runs do not share anything, so that nothing in the figures depends on it.

import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { FailedRun, UserError } from "../errors.js";
import type { Progress } from "../report/index.js";
import { type MigrateOptions, type PolicyRun, runPolicy } from "./migrate-run.js";

interface Job {
  readonly kind: "shootdown-policy-run";
  readonly policy: string;
  readonly options: MigrateOptions;
}

type Message =
  | { readonly kind: "progress"; readonly fraction: number | undefined; readonly note: string }
  | { readonly kind: "run"; readonly run: PolicyRun }
  | { readonly kind: "error"; readonly user: boolean; readonly message: string };

/** Runs `policy` in a thread of its own. */
export function runPolicyAside(policy: string, options: MigrateOptions, progress: Progress): Promise<PolicyRun> {
  const job: Job = { kind: "shootdown-policy-run", policy, options };
  const worker = new Worker(new URL(import.meta.url), { workerData: job });
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new FailedRun(`the run under ${policy} ended without a result (${code})`)));
    worker.on("message", (message: Message) => {
      if (message.kind === "progress") progress.update(message.fraction, message.note);
      else if (message.kind === "run") resolve(message.run);
      else reject(message.user ? new UserError(message.message) : new FailedRun(message.message));
    });
  });
}

async function serve({ policy, options }: Job): Promise<void> {
  const send = (message: Message) => parentPort!.postMessage(message);
  try {
    const run = await runPolicy(policy, options, {
      update: (fraction, note) => send({ kind: "progress", fraction, note }),
    });
    send({ kind: "run", run });
  } catch (error) {
    if (!(error instanceof UserError || error instanceof FailedRun)) throw error;
    send({ kind: "error", user: error instanceof UserError, message: error.message });
  }
}

const job = isMainThread ? undefined : (workerData as Partial<Job> | null);
if (job?.kind === "shootdown-policy-run") await serve(job as Job);
