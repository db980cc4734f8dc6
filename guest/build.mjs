// build.mjs - builds the guest: user programs, then the kernel with them inside.
// `node guest/build.mjs`, or import { buildGuest }. Needs gcc, or clang with lld
// (CC chooses), and nothing else. A step runs only if its command, or a file that
// it read last time, has changed; what was read comes from the compiler's depfiles.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findCompiler } from "../tools/build/compiler.mjs";
import { ToolError } from "../tools/build/errors.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = "build/guest";
const parallelJobs = 2;

const programs = ["hello", "lookup", "churn", "tlbflush", "selftest", "echo", "scenario"];
const extraSources = {
  selftest: ["selftest_mm", "selftest_threads", "selftest_numa", "selftest_mremap", "selftest_files", "selftest_pin"],
  scenario: ["scenario_words", "scenario_parse", "scenario_run"],
};
const libc = ["guest/user/crt0.S", "guest/user/libc.c", "guest/user/thread.c",
  "guest/kernel/vsprintf.c", "guest/kernel/string.c"];
const kernelFolders = ["guest/boot", "guest/kernel", "guest/mm", "guest/mm/policy"];

// For debuggers: sections that are never loaded. They change no code, and name files as seen from the root.
const debugFlags = ["-gdwarf-5", `-ffile-prefix-map=${root}=.`];
const commonFlags = ["-std=gnu11", "-O2", "-ffreestanding", "-nostdlib", "-fno-pic", "-fno-pie",
  "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-strict-aliasing", "-fno-common",
  "-fcf-protection=none", "-mno-sse", "-mno-mmx", "-mno-80387", "-mgeneral-regs-only",
  "-Wall", "-Wextra", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Werror", "-Iguest/include", "-MD",
  ...debugFlags];
const kernelFlags = [...commonFlags, "-mcmodel=kernel", "-mno-red-zone", "-Iguest/kernel"];
const userFlags = [...commonFlags, "-Iguest/user"];
const linkFlags = ["-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-z,noexecstack",
  "-Wl,-z,max-page-size=4096", "-Wl,-z,norelro"];

const digests = new Map();

function digest(file) {
  if (!digests.has(file)) {
    const path = join(root, file);
    digests.set(file, existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "");
  }
  return digests.get(file);
}

/** Names in a makefile rule: after the colon, with line continuations. */
function readDepfile(file) {
  const path = join(root, file);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8").replace(/\\\n/g, " ");
  return text.slice(text.indexOf(":") + 1).split(/\s+/).filter(Boolean);
}

class Builder {
  constructor(compiler) {
    this.compiler = compiler;
    this.statePath = join(root, out, "state.json");
    this.state = existsSync(this.statePath) ? JSON.parse(readFileSync(this.statePath, "utf8")) : {};
    this.ran = 0;
  }

  key(step) {
    const inputs = [...step.inputs, ...(step.depfile ? readDepfile(step.depfile) : [])];
    const hash = createHash("sha256").update(step.command.join("\0"));
    for (const file of inputs.sort()) hash.update(`\0${file}\0${digest(file)}`);
    return hash.digest("hex");
  }

  upToDate(step) {
    return existsSync(join(root, step.output)) && this.state[step.output] === this.key(step);
  }

  async run(step) {
    mkdirSync(dirname(join(root, step.output)), { recursive: true });
    const child = spawn(step.command[0], step.command.slice(1), { cwd: root });
    let text = "";
    child.stdout.on("data", (chunk) => { text += chunk; });
    child.stderr.on("data", (chunk) => { text += chunk; });
    const status = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    if (status !== 0) throw new ToolError(`guest: ${step.output} failed:\n${text}`);
    if (text) process.stderr.write(text);
    digests.delete(step.output);
    this.state[step.output] = this.key(step);
    this.ran++;
  }

  /** Runs the steps that are not up to date, a few at a time. */
  async runAll(steps, report) {
    const queue = steps.filter((step) => !this.upToDate(step));
    const total = queue.length;
    const worker = async () => {
      for (let step = queue.shift(); step; step = queue.shift()) {
        report(`guest: [${total - queue.length}/${total}] ${step.output}`);
        await this.run(step);
      }
    };
    try {
      await Promise.all(Array.from({ length: parallelJobs }, worker));
    } finally {
      writeFileSync(this.statePath, JSON.stringify(this.state, null, 1));
    }
  }

  compileStep(source, flags, folder) {
    const output = join(out, folder, source.replace(/^guest\//, "").replace(/\.[cS]$/, ".o"));
    const depfile = output.replace(/\.o$/, ".d");
    const command = [...this.compiler.compile, ...flags, "-MF", depfile, "-c", source, "-o", output];
    return { output, depfile, command, inputs: [source] };
  }

  linkStep(objects, script, output, flags = []) {
    const command = [...this.compiler.compile, ...this.compiler.link, ...linkFlags, ...flags, "-Wl,-T," + script,
      ...objects, "-o", output];
    return { output, command, inputs: [...objects, script] };
  }
}

function sources(folder) {
  return readdirSync(join(root, folder)).filter((name) => /\.[cS]$/.test(name)).sort()
    .map((name) => join(folder, name));
}

/** Assembly that embeds the programs and lists them as user_programs[] (kernel/exec.c). */
function writeProgramTable(elfs) {
  const file = join(out, "user_programs.S");
  const lines = ["\t.section .rodata, \"a\""];
  programs.forEach((name, i) => {
    lines.push(`name_${name}:\t.asciz "${name}"`, "\t.balign 16",
      `start_${name}:\t.incbin "${elfs[i]}"`, `end_${name}:`);
  });
  lines.push("\t.balign 8", "\t.globl user_programs, nr_user_programs", "user_programs:");
  for (const name of programs) lines.push(`\t.quad name_${name}, start_${name}, end_${name}`);
  lines.push("nr_user_programs:", `\t.long ${programs.length}`, "\t.section .note.GNU-stack, \"\", @progbits", "");
  const text = lines.join("\n");
  const path = join(root, file);
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
  digests.delete(file);
  return file;
}

/** Multiboot loads the file as one piece: all loadable segments must agree on address - offset. */
function checkLoadOffsets(elfPath) {
  const elf = readFileSync(elfPath);
  const deltas = new Set();
  for (let i = 0; i < elf.readUInt16LE(0x38); i++) {
    const at = Number(elf.readBigUInt64LE(0x20)) + i * elf.readUInt16LE(0x36);
    if (elf.readUInt32LE(at) === 1) deltas.add(elf.readBigUInt64LE(at + 0x18) - elf.readBigUInt64LE(at + 8));
  }
  if (deltas.size !== 1) throw new ToolError(`guest: the segments of ${elfPath} are not contiguous in the file`);
}

/** `address type name` for every function and object of the kernel, by address, as System.map has it. */
function writeSymbolMap(elfPath, mapPath) {
  const elf = readFileSync(elfPath);
  const sectionTable = Number(elf.readBigUInt64LE(0x28));
  const section = (i) => sectionTable + i * elf.readUInt16LE(0x3a);
  const lines = [];
  for (let i = 0; i < elf.readUInt16LE(0x3c); i++) {
    if (elf.readUInt32LE(section(i) + 4) !== 2) continue; // SHT_SYMTAB
    const start = Number(elf.readBigUInt64LE(section(i) + 0x18));
    const size = Number(elf.readBigUInt64LE(section(i) + 0x20));
    const strings = Number(elf.readBigUInt64LE(section(elf.readUInt32LE(section(i) + 0x28)) + 0x18));
    for (let at = start; at < start + size; at += 24) {
      const kind = elf[at + 4] & 15;
      const nameAt = strings + elf.readUInt32LE(at);
      const name = elf.toString("latin1", nameAt, elf.indexOf(0, nameAt));
      if (!name || kind > 2 || elf.readUInt16LE(at + 6) === 0) continue;
      const letter = kind === 2 ? "T" : "D";
      const value = elf.readBigUInt64LE(at + 8).toString(16).padStart(16, "0");
      lines.push(`${value} ${elf[at + 4] >> 4 ? letter : letter.toLowerCase()} ${name}`);
    }
  }
  writeFileSync(mapPath, lines.sort().join("\n") + "\n");
}

/** Builds what is not up to date; resolves to the kernel's path. report gets one line per step. */
export async function buildGuest({ report = () => {} } = {}) {
  const builder = new Builder(findCompiler());
  mkdirSync(join(root, out), { recursive: true });

  const library = libc.map((file) => builder.compileStep(file, userFlags, "obj-user"));
  const own = programs.map((name) => [name, ...(extraSources[name] ?? [])]
    .map((part) => builder.compileStep(`guest/user/${part}.c`, userFlags, "obj-user")));
  const kernel = kernelFolders.flatMap(sources).map((file) => builder.compileStep(file, kernelFlags, "obj"));
  await builder.runAll([...library, ...own.flat(), ...kernel], report);

  const elfs = programs.map((name) => `${out}/user/${name}.elf`);
  const libraryObjects = library.map((step) => step.output);
  // Linked twice: what goes into the kernel is without debug information, or the kernel would be as large as all of it.
  await builder.runAll(programs.flatMap((name, i) => {
    const objects = [...libraryObjects, ...own[i].map((step) => step.output)];
    return [
      builder.linkStep(objects, "guest/user/user.lds", elfs[i], ["-Wl,--strip-debug"]),
      builder.linkStep(objects, "guest/user/user.lds", `${out}/user-debug/${name}.elf`),
    ];
  }), report);

  const tableSource = writeProgramTable(elfs);
  const table = {
    output: `${out}/obj/user_programs.o`,
    command: [...builder.compiler.compile, "-c", tableSource, "-o", `${out}/obj/user_programs.o`],
    inputs: [tableSource, ...elfs],
  };
  await builder.runAll([table], report);

  const image = `${out}/kernel.elf`;
  const objects = [...kernel.map((step) => step.output), table.output];
  const before = builder.ran;
  await builder.runAll([builder.linkStep(objects, "guest/boot/kernel.lds", image)], report);
  if (builder.ran !== before || !existsSync(join(root, out, "kernel.map"))) {
    checkLoadOffsets(join(root, image));
    writeSymbolMap(join(root, image), join(root, out, "kernel.map"));
  }
  return { image: join(root, image), steps: builder.ran };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const tty = process.stderr.isTTY;
  try {
    const { image, steps } = await buildGuest({
      report: (line) => { if (tty) process.stderr.write(`\r\x1b[K${line}`); },
    });
    if (tty) process.stderr.write("\r\x1b[K");
    console.error(`guest: ${relative(process.cwd(), image)} ${steps ? `built (${steps} steps)` : "is up to date"}`);
  } catch (error) {
    if (tty) process.stderr.write("\r\x1b[K");
    if (!(error instanceof ToolError)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
}
