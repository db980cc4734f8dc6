// Small programs with debug information, in every version of DWARF, from every compiler that is here.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "shootdown-dwarf-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Line numbers matter to the tests. */
export const SOURCE = `typedef unsigned long u64;
struct list { struct list *next, *prev; };
enum colour { RED, GREEN = 5, BLUE = -3 };
union either { int number; char text[8]; };
struct everything {
	char letter;
	const volatile u64 *watched;
	struct list links;
	unsigned low : 3, middle : 7;
	signed high : 12;
	int grid[2][3];
	union either either;
	enum colour colour;
	_Bool yes;
	double real;
	int (*call)(struct everything *, const char *);
	struct { int inner; union { short deep; u64 wide; }; };
	struct hidden *hidden;
	char tail[];
};
struct everything global = { .letter = 'x', .low = 5, .middle = 99, .high = -7, .grid = { { 1, 2, 3 }, { 4, 5, 6 } },
	.colour = BLUE, .yes = 1, .inner = 42, .wide = 0x1234, .either = { .text = "seven77" }, .links = { &global.links, &global.links } };
static int counter = 7;
volatile int sink;
static __attribute__((noinline)) int helper(int n)
{
	static long calls = 11;

	calls += n;
	return (int)calls + counter;
}
int main(void)
{
	int i, sum = 0;

	for (i = 0; i < 10; i++)
		sum += helper(i);
	sink = sum;
	counter++;
	return global.letter;
}
void _start(void)
{
	main();
	for (;;)
		;
}
`;

/** Line of SOURCE that begins with `text`. */
export const lineOf = (text: string): number => SOURCE.split("\n").findIndex((line) => line.trim().startsWith(text)) + 1;

export interface Program {
  readonly name: string;
  readonly file: string;
  readonly bytes: Uint8Array;
}

export const has = (tool: string): boolean => spawnSync(tool, ["--version"]).status === 0;
export const compilers = ["gcc", "clang"].filter(has);
export const versions = [2, 3, 4, 5] as const;

const made = new Map<string, Program>();

/** SOURCE by `compiler`, with debug information of `version`. */
export function program(compiler: string, version: number, flags: readonly string[] = []): Program {
  const name = `${compiler}-${version}${flags.join("")}`;
  let found = made.get(name);
  if (!found) made.set(name, (found = build(name, compiler, version, flags)));
  return found;
}

function build(name: string, compiler: string, version: number, flags: readonly string[]): Program {
  writeFileSync(join(folder, "program.c"), SOURCE);
  const file = join(folder, `${name}.elf`);
  const link = ["-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", ...(compiler === "clang" ? ["-fuse-ld=lld"] : [])];
  const code = ["-O1", "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-fcf-protection=none"];
  const args = [`-gdwarf-${version}`, `-ffile-prefix-map=${folder}=.`, ...code, ...flags, ...link, "program.c", "-o", file];
  const result = spawnSync(compiler, args, { cwd: folder, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${compiler} failed:\n${result.stderr}`);
  return { name, file, bytes: readFileSync(file) };
}
