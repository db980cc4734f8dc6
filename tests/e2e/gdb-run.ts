// Real gdb against `shootdown boot --gdb`, for the tests beside it: starts the one, feeds commands to the other.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

const PROGRAM = "dist/shootdown.js";
export const KERNEL = "dist/guest/kernel.elf";

/** Why these tests cannot run here; false if they can. */
export const withoutGdb = spawnSync("gdb", ["--version"]).status === 0 ? false : "gdb is not installed";

export interface Served {
  readonly process: ChildProcess;
  /** For gdb's `target remote`. */
  readonly address: string;
  /** What it printed, once it has ended. */
  readonly ended: Promise<{ readonly status: number | null; readonly out: string; readonly err: string }>;
}

/** `shootdown boot` with these arguments, once it listens. */
export const serve = (args: readonly string[]): Promise<Served> => start(["boot", ...args, "--gdb", "0", "--timeout", "120"], "");

/** `shootdown debug`, with commands on its standard input. */
export const serveDebug = (args: readonly string[], commands: readonly string[]): Promise<Served> =>
  start(["debug", ...args, "--gdb", "0"], commands.map((line) => `${line}\n`).join(""));

async function start(args: readonly string[], input: string): Promise<Served> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input);
  let out = "";
  let err = "";
  child.stdout.on("data", (bytes) => (out += String(bytes)));
  const listening = new Promise<string>((done, failed) => {
    child.stderr.on("data", (bytes) => {
      err += String(bytes);
      const address = /target remote (\S+)/.exec(err)?.[1];
      if (address) done(address);
    });
    child.on("close", () => failed(new Error(err)));
  });
  const ended = once(child, "close").then(([status]) => ({ status: status as number | null, out, err }));
  return { process: child, address: await listening, ended };
}

const SETTINGS = ["set confirm off", "set width 0", "set pagination off", "set style enabled off"];

/** What gdb prints for `commands`, each behind `(gdb) ` as it would be typed. */
export async function gdb(commands: readonly string[], elf = KERNEL): Promise<string> {
  const echoed = commands.flatMap((command) => [`echo (gdb) ${command.replaceAll("\\", "\\\\")}\\n`, command]);
  const all = [...SETTINGS, ...echoed].flatMap((command) => ["-ex", command]);
  const child = spawn("sh", ["-c", 'exec timeout 100 gdb -nx -batch "$@" 2>&1', "sh", ...all, elf], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (bytes) => (text += String(bytes)));
  await once(child, "close");
  return text;
}

/** The part of `text` that `command` printed. */
export function answer(text: string, command: string): string {
  const after = text.split(`(gdb) ${command}\n`)[1] ?? "";
  return after.split("\n(gdb) ")[0]!;
}
