// A session whose `finish` finds the caller by the image's call frame information: for the console and the gdb server.

import type { Pc } from "../../boot/index.js";
import { backtrace } from "../look/index.js";
import { Session, type SessionOptions } from "../session/index.js";

export function openSession(pc: Pc, options: Omit<SessionOptions, "pc" | "frameOf"> = {}): Session {
  const { symbols } = options;
  return Session.open({
    pc, ...options,
    ...(symbols ? {
      frameOf: (cpu: number) => {
        const caller = backtrace(pc.machine, symbols, cpu, { limit: 2 }).frames[1];
        return caller && { returnAddress: caller.rip, cfa: caller.rsp };
      },
    } : {}),
  });
}
