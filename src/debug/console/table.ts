// All commands, in the order in which help and docs/debugging.md list them.

import type { Command } from "./command.js";
import { CODE_COMMANDS } from "./commands/code.js";
import { CONSOLE_COMMANDS } from "./commands/console.js";
import { EVENT_COMMANDS } from "./commands/events.js";
import { GUEST_COMMANDS } from "./commands/guest.js";
import { INTERRUPT_COMMANDS } from "./commands/interrupts.js";
import { MEMORY_COMMANDS } from "./commands/memory.js";
import { PAGING_COMMANDS } from "./commands/paging.js";
import { POINT_COMMANDS } from "./commands/points.js";
import { REGISTER_COMMANDS } from "./commands/registers.js";
import { RUN_COMMANDS } from "./commands/run.js";
import { SOURCE_COMMANDS } from "./commands/source.js";
import { STOP_COMMANDS } from "./commands/stop.js";
import { SYSTEM_COMMANDS } from "./commands/system.js";
import { TLB_COMMANDS } from "./commands/tlb.js";
import { WATCH_COMMANDS } from "./commands/watch.js";
import { WHY_COMMANDS } from "./commands/why.js";

export const COMMANDS: readonly Command[] = [
  ...RUN_COMMANDS, ...STOP_COMMANDS, ...WATCH_COMMANDS, ...POINT_COMMANDS, ...REGISTER_COMMANDS, ...MEMORY_COMMANDS,
  ...CODE_COMMANDS, ...SOURCE_COMMANDS, ...PAGING_COMMANDS, ...SYSTEM_COMMANDS, ...INTERRUPT_COMMANDS, ...TLB_COMMANDS, ...WHY_COMMANDS, ...EVENT_COMMANDS,
  ...GUEST_COMMANDS, ...CONSOLE_COMMANDS,
];
