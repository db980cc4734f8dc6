// How fast the explorer is: for `shootdown bench explore`. Two figures, each a second of processor time (so that what else
// the host does changes little) and the median of some rounds: states a second on
// translation programs, and executions a second that are made again from one start.

import { random } from "./explore/random.js";
import { explore } from "./explore/strategy.js";
import type { Transition } from "../machine/index.js";
import { openTest } from "./subjects.js";
import type { Litmus } from "./scenario/litmus.js";
import { parseScenario } from "./scenario/scenario.js";
import { parsePrograms, ProgramRunner } from "./translation/programs.js";

export interface ExplorerFigures {
  /** Of the programs below, once through them. */
  readonly programs: number;
  readonly states: number;
  readonly statesPerSecond: number;
  /** Transitions of the execution that is made again and again, and how often that is done in a second, its start restored each time. */
  readonly events: number;
  readonly runsPerSecond: number;
}

/** Programs with many states: a stale reader, somebody who remaps and flushes, a writer. */
const PROGRAMS = `
1D : P0R ; FL1 ; Sx1 | Lp ; Lx ; Lp
0R : P1R ; P1D | ?T1D ; Sp1 ; Xx1 | Lp ; Lx ; MF ; Lp
0R : P1R ; FL2 ; P1D | ?T1D ; Sp1 ; Xx1 | Lp ; Lx ; MF ; Lp
0W : Sp1 ; P1W ; FL1 ; Lp | Sp2 ; Lp ; LT
0D : PN ; FU1 ; S01 ; Lx | Lp ; Sp2 ; Sx3 ; Lp
0D : FL1 ; P1R ; Lx ; Lp | FL0 ; Sx1 ; Lp ; L0
`;

/** Columns of this many stores and loads make an execution of 200 transitions. */
const PAIRS = 50;

function longRun(): Litmus {
  const rows = Array.from({ length: PAIRS }, () => " movq $1,(x) | movq $1,(y) ;\n movq (y),%rax | movq (x),%rax ;").join("\n");
  return parseScenario("run", `X86_64 run\n{ x=0; y=0; }\n P0 | P1 ;\n${rows}\nexists (0:rax=0)\n`) as Litmus;
}

/** Processor time of this process so far, in seconds: all its threads, those that compile for the host among them. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What `once` counts in a second of processor time: the median of `rounds` rounds of `seconds`. */
async function perSecond(rounds: number, seconds: number, once: () => number | Promise<number>): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = processorTime();
    let counted = 0;
    while (processorTime() - began < seconds) counted += await once();
    rates.push(counted / (processorTime() - began));
  }
  return rates.sort((a, b) => a - b)[rounds >> 1]!;
}

async function measurePrograms(rounds: number, seconds: number): Promise<Pick<ExplorerFigures, "programs" | "states" | "statesPerSecond">> {
  const programs = parsePrograms("programs", PROGRAMS);
  const runner = new ProgramRunner();
  const once = async () => {
    let states = 0;
    for (const program of programs) states += (await runner.run(program)).states;
    return states;
  };
  return { programs: programs.length, states: await once(), statesPerSecond: await perSecond(rounds, seconds, once) };
}

async function measureRuns(rounds: number, seconds: number): Promise<Pick<ExplorerFigures, "events" | "runsPerSecond">> {
  const { system } = await openTest(longRun(), { storeBuffers: true });
  let path: readonly Transition[] = [];
  explore(random(1, 1), system, { finished: (drawn) => void (path = [...drawn]), stuck: () => {} });
  const start = system.mark();
  const once = () => {
    for (let run = 0; run < 100; run++) {
      system.takeAll(path);
      system.undo(start);
    }
    return 100;
  };
  return { events: path.length, runsPerSecond: await perSecond(rounds, seconds, once) };
}

/** Takes `rounds` rounds of `seconds` for each figure. */
export const measureExplorer = async (rounds: number, seconds: number): Promise<ExplorerFigures> =>
  ({ ...(await measurePrograms(rounds, seconds)), ...(await measureRuns(rounds, seconds)) });
