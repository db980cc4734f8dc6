// The checker, for the commands: scenarios in, verdicts out.

export { exploreLitmus, type LitmusFound, type LitmusOptions, type LitmusResult, type SavedLitmus } from "./outcomes.js";
export { bounded } from "./explore/bounded.js";
export { exhaustive } from "./explore/exhaustive.js";
export { pct } from "./explore/pct.js";
export { random } from "./explore/random.js";
export type { Coverage, Standing, Strategy } from "./explore/strategy.js";
export { type ExploreKernelOptions, Kernel, openKernel, type Wrong } from "./kernel/kernel.js";
export { type KernelResult, type KernelSearch, searchKernel } from "./kernel/narrow.js";
export { litmusReport } from "./report/litmus-text.js";
export { type Execution, executionOf } from "./report/execution.js";
export { formatReport, type Report, REPORT_FORMATS, type ReportFormat } from "./report/report.js";
export { decodeSearch, encodeSearch, type SavedRun, scenarioHash } from "./saved.js";
export { guestArguments } from "./scenario/guest-arguments.js";
export type { KernelScenario } from "./scenario/kernel.js";
export type { Litmus } from "./scenario/litmus.js";
export { type LitmusTest, parseScenario, type Scenario } from "./scenario/scenario.js";
export { isPasted, pasteSchedule, readPasted, readSchedule, writeSchedule } from "./schedule/file.js";
export { replay, type ReplayVerdict } from "./schedule/replay.js";
export type { Schedule } from "./schedule/schedule.js";
export { openSubject, scenarioOf } from "./subjects.js";
export { ScenarioError, Source } from "./scenario/source.js";
export type { TranslationScenario } from "./scenario/translation.js";
export { parseProgram, type Program } from "./translation/program.js";
export { parsePrograms, ProgramRunner } from "./translation/programs.js";
export type { Form, Outcomes } from "./translation/runner.js";
