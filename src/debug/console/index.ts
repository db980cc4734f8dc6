// The debugger's console: lines in, text and data out. src/cli/debug.ts puts a terminal around it, src/debug/gdb
// passes `monitor` lines to it.

export { DebugConsole, type Reply } from "./console.js";
export { openSession } from "./open.js";
export type { ContextOptions } from "./context.js";
export { COMMANDS } from "./table.js";
export { spellings } from "./lookup.js";
export { type Command, type Group, GROUPS, usage } from "./command.js";
