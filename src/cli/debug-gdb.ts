// `shootdown debug --gdb`: gdb beside the debugger's console. The machine is the console's or gdb's, one at a time.

import {
  DebugConsole, type GdbAddress, type GdbHost, type GdbServer, type Leaving, serveGdb, type Session, SessionTarget, type SymbolTable,
  type Target, UserError,
} from "../index.js";
import { exitStatus, isFailure } from "./status.js";

const TAKEN = "gdb has the machine until it detaches";

export class DebugGdb implements GdbHost {
  readonly #console: DebugConsole;
  readonly #target: SessionTarget;
  #server: GdbServer | undefined;
  #freed: (() => void)[] = [];

  constructor(session: Session, symbols: SymbolTable | undefined, console: DebugConsole) {
    this.#console = console;
    this.#target = new SessionTarget(session, {
      console: new DebugConsole({ session, ...(symbols ? { symbols } : {}) }),
      exitStatus: (stop) => (isFailure(stop) ? undefined : exitStatus(stop)),
    });
  }

  /** Listens. Unless told otherwise, gdb has the machine first. */
  async open(address: GdbAddress, nowait: boolean): Promise<void> {
    if (address.kind === "stdio") throw new UserError("--gdb stdio is for boot: here the standard streams are the console's");
    if (!nowait) this.#console.refusal = TAKEN;
    this.#server = await serveGdb(address, this);
    this.report(`gdb: target remote ${this.#server.address}${nowait ? "" : " (the machine waits for it)"}`);
  }

  /** Resolves when the machine is the console's, or at `giveUp`. */
  async free(): Promise<void> {
    if (this.#console.refusal !== undefined) await new Promise<void>((done) => this.#freed.push(done));
  }

  /** Nobody is to wait for the machine any longer. */
  giveUp(): void {
    for (const freed of this.#freed.splice(0)) freed();
  }

  async close(): Promise<void> {
    this.#target.interrupt();
    await this.#server?.close();
  }

  async attach(): Promise<Target> {
    this.#console.refusal = TAKEN;
    this.#console.interrupt();
    await this.#console.idle();
    return this.#target;
  }

  left(how: Leaving): void {
    this.#console.refusal = undefined;
    this.report(`gdb: ${how === "exit" ? "the run has ended" : "the client has left"}, and the machine is the console's`);
    this.giveUp();
  }

  report(line: string): void {
    process.stderr.write(`shootdown: ${line}\n`);
  }
}
