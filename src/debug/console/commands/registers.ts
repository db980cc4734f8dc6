// Commands about CPUs: registers, which CPU commands are about, and what each of them does.

import { UserError } from "../../../errors.js";
import { REGISTER_NAMES, type RegisterName } from "../../../machine/index.js";
import type { Command, Result } from "../command.js";
import { asNumber } from "../expression/evaluate.js";
import { registerPart } from "../expression/registers.js";
import { columns } from "../text/columns.js";
import { currentLine } from "../text/location.js";
import { addressText, futureText, placeText, stepName } from "../text/numbers.js";

const GENERAL: readonly RegisterName[] = [
  "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
];
const SHORT_EXTRA: readonly RegisterName[] = ["cr2", "cr3"];
const FLAG_BITS = { CF: 0, PF: 2, AF: 4, ZF: 6, SF: 7, TF: 8, IF: 9, DF: 10, OF: 11, NT: 14, AC: 18 };
export const ACTIVITIES = ["running", "halted", "waits for start-up", "shut down"] as const;
const PER_ROW = 3;

const flagsText = (value: bigint): string =>
  Object.entries(FLAG_BITS).filter(([, bit]) => (value >> BigInt(bit)) & 1n).map(([name]) => name).join(" ");

const regs: Command = {
  name: "regs", short: "r", also: ["registers", "info registers", "i r"], group: "look",
  args: [{ name: "CPU", kind: "cpu", optional: true }, { name: "WHICH", kind: "choice", optional: true, choices: ["all"] }],
  help: "registers; * marks those that the last run changed",
  example: "regs all",
  run(context, args) {
    const cpu = args.cpu() ?? context.cpu;
    const values = context.machine.registers(cpu);
    const before = context.registersBefore?.[cpu];
    const changed = REGISTER_NAMES.filter((name) => before && before[name] !== values[name]);
    const shown = args.has("WHICH") ? REGISTER_NAMES.filter((name) => name !== "rip" && name !== "rflags") : [...GENERAL, ...SHORT_EXTRA];
    const wide = Math.max(...shown.map((name) => name.length));
    const cell = (name: RegisterName) => {
      const mark = changed.includes(name);
      const text = `${values[name].toString(16).padStart(16, "0")}${mark ? "*" : " "}`;
      return `${name.padEnd(wide)} ${mark ? context.style.changed(text) : text}`;
    };
    const perRow = wide > 8 ? 2 : PER_ROW;
    const lines: string[] = [];
    for (let i = 0; i < shown.length; i += perRow) lines.push(shown.slice(i, i + perRow).map(cell).join("  ").trimEnd());
    lines.push(`rip ${addressText(values.rip, context.symbols, context.style)}`);
    lines.push(`rflags ${values.rflags.toString(16)} ${flagsText(values.rflags)}`);
    return { data: { cpu, registers: values, changed }, text: lines.join("\n") };
  },
};

const setRegister: Command = {
  name: "set register", short: "set r", group: "look",
  args: [{ name: "REGISTER", kind: "text" }, { name: "VALUE", kind: "expression", rest: true }],
  help: "set a register of this CPU",
  detail: "Unchecked, as by a debugger's hand. It becomes an input of the run; what was known of the future is dropped.",
  example: "set register rax 0",
  run(context, args) {
    const name = args.text("REGISTER")!.replace(/^[$%]/, "").toLowerCase();
    const part = registerPart(name);
    if (!part || part.bits !== 64) throw new UserError(part ? `set the whole register: ${part.register}` : `there is no register "${name}"`);
    const value = asNumber(args.value("VALUE")!);
    const dropped = context.session.setRegister(context.cpu, part.register, value);
    return { data: { cpu: context.cpu, register: part.register, value, dropped }, text: futureText(dropped) };
  },
};

const cpu: Command = {
  name: "cpu", short: "cpu", also: ["set cpu"], group: "look",
  args: [{ name: "CPU", kind: "cpu", optional: true }],
  help: "which CPU commands are about; or another one",
  example: "cpu 2",
  run(context, args): Result {
    const wanted = args.cpu();
    if (wanted !== undefined) context.session.focus = wanted;
    const { machine, cpu: now } = context;
    return { data: { cpu: now }, text: currentLine(context, now, machine.register(now, "rip"), machine.steps) };
  },
};

const cpus: Command = {
  name: "cpus", short: "cpus", also: ["info cpus", "info threads"], group: "look", args: [],
  help: "what every CPU does and where it is",
  example: "cpus",
  run(context) {
    const { machine, symbols } = context;
    const data = Array.from({ length: context.cpus }, (_, n) => ({
      cpu: n, focus: n === context.cpu, activity: ACTIVITIES[Number(machine.register(n, "activity"))] ?? "unknown",
      cpl: Number(machine.register(n, "cpl")), rip: machine.register(n, "rip"), cr3: machine.register(n, "cr3"),
      lastStep: machine.lastStep(n),
    }));
    const rows = data.map((row) => [
      row.focus ? "*" : "", `${row.cpu}`, row.activity, `${row.cpl}`, row.lastStep === undefined ? "" : stepName(row.lastStep),
      `${(row.cr3 & ~0xfffn).toString(16)}/${row.cr3 & 0xfffn}`, placeText(row.rip, symbols),
    ]);
    return { data, text: columns(["", "CPU", "state", "CPL", "last step", "CR3/PCID", "at"], "lrlrrll", rows) };
  },
};

export const REGISTER_COMMANDS: readonly Command[] = [cpu, cpus, regs, setRegister];
