// A run that gdb has a hand in (`--gdb`): the machine is its client's while there is one, and otherwise runs on
// by itself, with its serial line on the terminal.

import { Command, Option } from "commander";
import {
  DebugConsole, DEFAULT_HISTORY, formatSize, type GdbAddress, type GdbHost, type GdbServer, type Leaving, openSession,
  parseGdbAddress, parseSize, type Pc, serveGdb, SessionTarget, type SymbolTable, type Target, UserError,
} from "../index.js";
import { Console } from "./console.js";
import { checked } from "./options.js";
import { type End, exitStatus, isFailure } from "./status.js";

export interface GdbFlags {
  readonly trace?: string;
  readonly gdb?: GdbAddress;
  readonly gdbNowait?: boolean;
  readonly history?: number;
  readonly maxInstructions?: number;
  readonly timeout?: number;
}

export const gdbOption = (): Option =>
  new Option("--gdb <where>", "serve gdb: PORT on loopback, HOST:PORT, or stdio").argParser(checked(parseGdbAddress));

export const gdbNowaitOption = (): Option => new Option("--gdb-nowait", "with --gdb: begin before gdb has connected");

export function addGdbOptions(command: Command): Command {
  return command
    .addOption(gdbOption())
    .addOption(gdbNowaitOption())
    .addOption(new Option("--history <size>", `with --gdb: memory for the past (default: ${formatSize(DEFAULT_HISTORY)})`)
      .argParser(checked(parseSize)));
}

/** Refuses what says something only with --gdb, and what does not go with it. */
export function checkGdbFlags({ gdb, gdbNowait, history, trace }: GdbFlags): void {
  if (gdb !== undefined && trace !== undefined) {
    throw new UserError("--trace does not go with --gdb: a past that is run again would be in it again");
  }
  if (gdb === undefined && gdbNowait) throw new UserError("--gdb-nowait is for a run with --gdb");
  if (gdb === undefined && history !== undefined) throw new UserError("--history is for a run with --gdb");
}

/** A run for gdb that is ready to begin, and the terminal on its serial line. */
export class GdbRun implements GdbHost {
  readonly terminal: Console;
  readonly #address: GdbAddress;
  readonly #target: SessionTarget;
  /** Whose the machine is: nobody's, when it waits for a client. */
  #owner: "itself" | "gdb" | "nobody";
  #end: End | undefined;
  #over = false;
  /** Hands the machine to a client that waits for it. */
  #handOver: (() => void) | undefined;
  #wake: () => void = () => {};

  constructor(pc: Pc, symbols: SymbolTable | undefined, address: GdbAddress, flags: GdbFlags) {
    const { history, maxInstructions, gdbNowait } = flags;
    const session = openSession(pc, { ...(symbols ? { symbols } : {}), ...(history === undefined ? {} : { history }) });
    this.#address = address;
    this.#owner = gdbNowait ? "itself" : "nobody";
    this.#target = new SessionTarget(session, {
      console: new DebugConsole({ session, ...(symbols ? { symbols } : {}) }),
      exitStatus: (stop) => (isFailure(stop) ? undefined : exitStatus(stop)),
      waitForInput: (interrupted) => this.#waitForInput(interrupted),
      serialToClient: !this.hasTerminal,
      ...(maxInstructions === undefined ? {} : { limit: maxInstructions }),
    });
    this.terminal = new Console({
      // Each byte once, however often gdb goes back.
      onOutput: (listener) => session.onSerial((bytes) => bytes.forEach(listener)),
      write: (bytes) => this.#target.type(bytes),
    });
    session.onSerial(() => void this.terminal.flush());
  }

  /** On stdio the standard streams are gdb's, and it shows what the guest sends. */
  get hasTerminal(): boolean {
    return this.#address.kind !== "stdio";
  }

  /** Runs until the guest, a limit, gdb or the user ends it. */
  async run(timeout: number | undefined): Promise<End> {
    const { terminal } = this;
    const over = (seconds: number) => terminal.leave({ kind: "timeout", seconds });
    const timer = timeout === undefined ? undefined : setTimeout(over, timeout * 1000, timeout);
    void terminal.left.then(() => this.#stir());
    let server: GdbServer | undefined;
    try {
      server = await serveGdb(this.#address, this);
      this.#announce(server);
      return await this.#untilEnd();
    } finally {
      this.#over = true;
      clearTimeout(timer);
      this.#target.interrupt();
      await server?.close();
    }
  }

  report(line: string): void {
    process.stderr.write(`shootdown: ${line}\n`);
  }

  attach(): Promise<Target> {
    return new Promise((done) => {
      this.#handOver = () => done(this.#target);
      this.#stir();
    });
  }

  left(how: Leaving): void {
    if (this.#over) return;
    this.#owner = how === "detach" ? "itself" : "nobody";
    if (how === "exit") this.#end = this.#target.end;
    if (how === "kill" || (how === "disconnect" && !this.hasTerminal)) this.#end = { kind: "killed" };
    else if (how === "disconnect") this.report("gdb: the client is gone, and the machine waits for the next");
    this.#wake();
  }

  #announce({ address }: GdbServer): void {
    if (address !== undefined) this.report(`gdb: target remote ${address}${this.#owner === "nobody" ? " (the machine waits for it)" : ""}`);
  }

  async #untilEnd(): Promise<End> {
    for (;;) {
      const end = this.terminal.end ?? this.#end;
      if (end) return end;
      if (this.#handOver) this.#give();
      else if (this.#owner === "itself") await this.#runOn();
      else await new Promise<void>((done) => (this.#wake = done));
    }
  }

  /** Makes the loop look again at what there is to do. */
  #stir(): void {
    this.#target.interrupt();
    this.#wake();
  }

  #give(): void {
    this.#owner = "gdb";
    this.#handOver!();
    this.#handOver = undefined;
  }

  async #runOn(): Promise<void> {
    await this.#target.resume({ kind: "continue", direction: 1 }, () => {});
    this.#end = this.#target.end;
  }

  async #waitForInput(interrupted: Promise<void>): Promise<boolean> {
    const { terminal } = this;
    if (!this.hasTerminal || terminal.inputEnded) return false;
    const input = terminal.waitForInput(undefined).then(() => !terminal.end);
    return Promise.race([input, interrupted.then(() => false)]);
  }
}
