// Runs a child process. Two ways: `show` lets it write to our terminal, `capture` keeps what it
// wrote until it is known whether anybody wants to read it.

import { spawn } from "node:child_process";
import { root } from "./paths.mjs";
import { ToolError } from "./errors.mjs";

function finished(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
}

/** Runs a command on our own terminal; gives its exit status. Signals to us are for it to act on. */
export async function show(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
  const pass = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  signals.forEach((signal) => process.on(signal, pass));
  try {
    return await finished(child);
  } finally {
    signals.forEach((signal) => process.off(signal, pass));
  }
}

/** Runs a command and gives { code, output }, stdout and stderr interleaved as they came. */
export async function capture(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
  let output = "";
  const take = (chunk) => { output += chunk; };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  const code = await finished(child);
  return { code, output };
}

/** Runs a command that must succeed; what it wrote becomes the error if it does not. */
export async function must(command, args, options = {}) {
  const { code, output } = await capture(command, args, options);
  if (code !== 0) throw new ToolError(output.trimEnd() || `${command} ended with status ${code}`);
  return output;
}
