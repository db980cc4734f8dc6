// Every program of up to five events, and 5,000 random ones, by machine and oracle: the main thread deals them out to
// workers, counts, and prints. Run by tools/check-all.mjs: --threads N, --every N (a part: every N-th program).

import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bothForms, disagreements } from "./compare.js";
import { biased, dice, NARROW, programs, WIDE } from "./enumerate.js";

const RANDOM = 5000;
const REPORT_EVERY = 500;
const PROGRESS_MS = 2000;

interface Share {
  readonly first: number;
  readonly step: number;
}
interface Report {
  readonly programs: number;
  readonly found: readonly string[];
}

function* everything(): Generator<string> {
  for (const events of [1, 2, 3]) yield* programs(WIDE, events);
  const roll = dice(2);
  for (let i = 0; i < RANDOM; i++) yield biased(roll);
  yield* programs(NARROW, 5);
  yield* programs(WIDE, 4);
}

async function work({ first, step }: Share): Promise<void> {
  const runners = bothForms();
  let found: string[] = [];
  let compared = 0;
  let place = 0;
  const report = (): void => {
    parentPort!.postMessage({ programs: compared, found } satisfies Report);
    compared = 0;
    found = [];
  };
  for (const text of everything()) {
    if (place++ % step !== first) continue;
    const differences = await disagreements(runners, text);
    found.push(...differences);
    if (++compared === REPORT_EVERY || differences.length > 0) report();
  }
  report();
}

async function lead(): Promise<void> {
  const { values } = parseArgs({ options: { threads: { type: "string" }, every: { type: "string" } } });
  const threads = Number(values.threads ?? availableParallelism());
  const every = Number(values.every ?? 1);
  if (!(threads >= 1) || !(every >= 1)) throw new RangeError("--threads and --every take a number from 1");
  let total = 0;
  for (const _ of everything()) total++;
  total = Math.floor(total / every);
  const began = performance.now();
  let compared = 0;
  let different = 0;
  const line = (): string => {
    const seconds = (performance.now() - began) / 1000;
    return `${compared} of ${total} programs, ${different} disagreements, ${Math.round(compared / seconds)} a second, ${Math.round(seconds)} s`;
  };
  const timer = setInterval(() => process.stderr.write(`${line()}\n`), PROGRESS_MS);
  await Promise.all(Array.from({ length: threads }, (_, i) => new Promise<void>((done, failed) => {
    const share: Share = { first: i * every, step: threads * every };
    new Worker(fileURLToPath(import.meta.url), { workerData: share })
      .on("message", (report: Report) => {
        compared += report.programs;
        different += report.found.length;
        for (const difference of report.found) console.log(difference);
      })
      .on("error", failed).on("exit", () => done());
  })));
  clearInterval(timer);
  console.log(line());
  process.exitCode = different === 0 ? 0 : 1;
}

await (isMainThread ? lead() : work(workerData as Share));
