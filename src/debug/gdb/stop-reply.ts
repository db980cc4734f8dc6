// Stop replies (GDB manual, "Stop Reply Packets"): why the machine stopped, on which CPU, and the registers
// that gdb looks at first.

import { encodeRegister, HINTED } from "./registers.js";
import { threadId } from "./resume-packets.js";
import type { StopReason, Stopped, Target } from "./target.js";

/** gdb's signal numbers (include/gdb/signals.def). */
const SIGINT = "02";
const SIGTRAP = "05";
const SIGABRT = "06";

const hex = (value: number | bigint): string => value.toString(16).padStart(2, "0");

/** What of qSupported the client knows; a stop reason that it does not know is left out. */
export interface ClientFeatures {
  readonly swbreak: boolean;
  readonly hwbreak: boolean;
}

function reasonText(reason: StopReason, client: ClientFeatures): string {
  switch (reason.kind) {
    case "swbreak":
      return client.swbreak ? "swbreak:;" : "";
    case "hwbreak":
      return client.hwbreak ? "hwbreak:;" : "";
    case "watch":
    case "rwatch":
    case "awatch":
      return `${reason.kind}:${reason.address.toString(16)};`;
    case "history":
      return `replaylog:${reason.end};`;
    default:
      return "";
  }
}

export function stopReply(target: Target, { cpu, reason }: Stopped, client: ClientFeatures): string {
  if (reason.kind === "exit") return `W${hex(reason.status & 0xff)}`;
  const signal = reason.kind === "interrupt" ? SIGINT : reason.kind === "failure" ? SIGABRT : SIGTRAP;
  const registers = HINTED.map((number) => `${hex(number)}:${encodeRegister(target, cpu, number)};`);
  return `T${signal}thread:${threadId(cpu)};${reasonText(reason, client)}${registers.join("")}`;
}
