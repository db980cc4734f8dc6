// Tasks: all that have a pid, and the idle task of each CPU.

import { sizeOfType } from "../symbols/index.js";
import type { TypedValue } from "../look/index.js";
import { type Kernel, pointer } from "./kernel.js";
import type { SavedRegisters, Thread } from "./types.js";

/** What __switch_to_asm left on the stack of a thread that is switched out. */
function savedRegisters(kernel: Kernel, task: TypedValue): SavedRegisters | undefined {
  const sp = pointer(task.member("thread.sp"));
  if (sp === undefined) return undefined;
  const type = kernel.type("struct inactive_task_frame");
  const frame = kernel.value(sp, "struct inactive_task_frame");
  const register = (name: string) => frame.member(name).big();
  return {
    rip: register("ret_addr"), rsp: sp + BigInt(sizeOfType(type)), rbp: register("bp"), rbx: register("bx"),
    r12: register("r12"), r13: register("r13"), r14: register("r14"), r15: register("r15"),
  };
}

function stateOf(kernel: Kernel, task: TypedValue, running: boolean): string {
  const state = task.member("__state").big();
  if (running) return "running";
  // An idle task is on no queue, and its state says nothing.
  if (kernel.flagsByMask(task.member("flags").big(), "enum task_flags", "PF_").includes("idle")) return "idle";
  if (state === 0n) return task.member("on_rq").flag() ? "runnable" : "running";
  return kernel.flagsByMask(state, "enum task_state", "TASK_").join("+") || `0x${state.toString(16)}`;
}

function threadOf(kernel: Kernel, task: TypedValue, running: ReadonlyMap<bigint, number>, stackSize: bigint): Thread {
  const runningOn = running.get(task.address);
  const stack = task.member("stack").big();
  const mm = pointer(task.member("mm"));
  const activeMm = pointer(task.member("active_mm"));
  const saved = runningOn === undefined ? savedRegisters(kernel, task) : undefined;
  return {
    task: task.address, pid: task.member("pid").number(), tgid: task.member("tgid").number(), comm: task.member("comm").text(),
    state: stateOf(kernel, task, runningOn !== undefined),
    flags: kernel.flagsByMask(task.member("flags").big(), "enum task_flags", "PF_"),
    cpu: task.member("cpu").number(), kernelStack: { start: stack, end: stack + stackSize },
    ...(runningOn === undefined ? {} : { runningOn }), ...(mm === undefined ? {} : { mm }),
    ...(activeMm === undefined ? {} : { activeMm }), ...(saved === undefined ? {} : { saved }),
  };
}

export function threads(kernel: Kernel): Thread[] {
  const tasks = new Map<bigint, TypedValue>();
  const running = new Map<bigint, number>();
  for (const cpu of kernel.cpus()) {
    const idle = kernel.perCpu("runqueues", cpu)?.member("idle");
    if (idle?.flag()) tasks.set(idle.big(), idle.target());
    const current = kernel.perCpu("current_task", cpu)?.big();
    if (current) running.set(current, cpu);
  }
  for (const task of kernel.list(kernel.variable("tasks"), "struct task_struct", "task_node")) tasks.set(task.address, task);
  // The boot CPU's first stack is of the size that all have.
  const size = BigInt(kernel.symbol("init_stack").size);
  return [...tasks.values()].map((task) => threadOf(kernel, task, running, size)).sort((a, b) => a.pid - b.pid || a.cpu - b.cpu);
}
