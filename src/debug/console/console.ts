// The console without a terminal: a line in, text and data out. The terminal, scripts and gdb's `monitor` use it.

import { basename } from "node:path";
import { FailedRun, UserError } from "../../errors.js";
import { Arguments } from "./arguments.js";
import { complete } from "./completion.js";
import { Context, type ContextOptions } from "./context.js";
import { CommandIndex } from "./lookup.js";
import { COMMANDS } from "./table.js";
import { currentLine } from "./text/location.js";
import { plural } from "./text/numbers.js";
import { jsonLine } from "./text/json.js";

/** The answer to one line. */
export interface Reply {
  /** Name of the command; empty for an empty line. */
  readonly command: string;
  /** For people. The message of a mistake is in `error`, not here. */
  readonly text: string;
  /** One line: {command, ok, data} or {command, ok, error}. */
  readonly json: string;
  /** In one line. */
  readonly error?: string;
  /** True if the line asked for JSON by itself. */
  readonly wantsJson: boolean;
}

const NOTHING: Reply = { command: "", text: "", json: "", wantsJson: false };

/** Commands that do not need the machine. */
const WITHOUT_MACHINE: ReadonlySet<string> = new Set(["help", "quit"]);

export class DebugConsole {
  readonly context: Context;
  /** Set while somebody else has the machine: what commands are refused with. */
  refusal: string | undefined;
  readonly #index = new CommandIndex(COMMANDS);
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(options: ContextOptions) {
    this.context = new Context(options, this.#index);
  }

  /** True once `quit` was given. */
  get done(): boolean {
    return this.context.done;
  }

  /** Says where commands are asked for: `(#1842 cpu1) `. */
  get prompt(): string {
    const { machine, cpu, style } = this.context;
    return `(${style.step(`#${machine.steps}`)} cpu${cpu}) `;
  }

  /** What an empty line stands for after `line`: the same again, where that moves on. */
  repeat(line: string): string {
    try {
      const { command } = this.#index.call(line);
      if (command.repeats === "name") return command.name;
      return command.repeats === "line" ? line : "";
    } catch {
      return "";
    }
  }

  /** A word of welcome. */
  greeting(): string {
    const { cpus, symbols, machine, cpu } = this.context;
    const names = symbols ? `symbols of ${symbols.modules.map((name) => basename(name)).join(", ")}` : "no symbols";
    const what = `${plural(cpus, "CPU")}, TLB ${machine.options.tlb}, ${names}. "help" lists commands.`;
    return `${what}\n${currentLine(this.context, cpu, machine.register(cpu, "rip"), machine.steps)}`;
  }

  /** Carries out one line. Never throws for what the line says. */
  execute(line: string): Promise<Reply> {
    const reply = this.#carryOut(line);
    this.#underWay = reply;
    return reply;
  }

  /** Resolves when no command is under way. */
  async idle(): Promise<void> {
    await this.#underWay;
  }

  async #carryOut(line: string): Promise<Reply> {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) return NOTHING;
    const wantsJson = /\s--json$/.test(text);
    let command = text.split(/[\s/]/, 1)[0]!;
    try {
      const call = this.#index.call(wantsJson ? text.replace(/\s+--json$/, "") : text);
      command = call.command.name;
      if (this.refusal !== undefined && !WITHOUT_MACHINE.has(command)) throw new UserError(this.refusal);
      const result = await call.command.run(this.context, new Arguments(call, this.context.scope()));
      const json = jsonLine({ command, ok: true, data: result.data });
      return { command, text: result.text, json, wantsJson };
    } catch (error) {
      const message = oneLine(error);
      return { command, text: "", json: jsonLine({ command, ok: false, error: message }), error: message, wantsJson };
    }
  }

  /** Ends the command under way, soon. */
  interrupt(): void {
    this.context.interrupted = true;
    this.context.session.interrupt();
  }

  /** What could stand in place of the last word of `line`, and that word. */
  complete(line: string): [string[], string] {
    return complete(this.context, line);
  }
}

/** A mistake of the user's, or of the guest's, as a line. Anything else is a defect of ours and goes on. */
function oneLine(error: unknown): string {
  // The machine says by RangeError that an address is not mapped, or not in RAM.
  if (error instanceof UserError || error instanceof FailedRun || error instanceof RangeError) {
    return error.message.replaceAll(/\s*\n\s*/g, " ");
  }
  throw error;
}
