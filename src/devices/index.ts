// The devices of the platform, for src/boot, which puts them together.

export { Debugcon, DebugExit } from "./debug.js";
export { FW_CFG, FwCfg } from "./fw-cfg.js";
export { Keyboard } from "./keyboard.js";
export { Power } from "./power.js";
export { Rtc } from "./rtc.js";
export { SystemControl } from "./system-control.js";
export { type OutputListener, Uart } from "./uart.js";
