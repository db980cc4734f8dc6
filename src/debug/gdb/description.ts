// The target description (GDB manual, appendix "Target Descriptions") and the list of threads, as XML.

import { FEATURES, type Feature, REGISTERS } from "./registers.js";
import type { Target } from "./target.js";

/** Bits by name; a number leaves out that many. */
type Bits = readonly (string | number)[];

/** SDM 3A 2.3 and 2.5, 3A 2.2.1 for EFER. */
const FLAGS: Readonly<Record<string, { readonly size: number; readonly feature: Feature; readonly bits: Bits }>> = {
  i386_eflags: {
    size: 4,
    feature: "org.gnu.gdb.i386.core",
    bits: ["CF", "", "PF", 1, "AF", 1, "ZF", "SF", "TF", "IF", "DF", "OF", 2, "NT", 1, "RF", "VM", "AC", "VIF", "VIP", "ID"],
  },
  i386_cr0: {
    size: 8,
    feature: "org.shootdown.gdb.i386.system",
    bits: ["PE", "MP", "EM", "TS", "ET", "NE", 10, "WP", 1, "AM", 10, "NW", "CD", "PG"],
  },
  i386_cr4: {
    size: 8,
    feature: "org.shootdown.gdb.i386.system",
    bits: [
      "VME", "PVI", "TSD", "DE", "PSE", "PAE", "MCE", "PGE", "PCE", "OSFXSR", "OSXMMEXCPT", "UMIP", "LA57", "VMXE", "SMXE", 1,
      "FSGSBASE", "PCIDE", "OSXSAVE", 1, "SMEP", "SMAP", "PKE",
    ],
  },
  i386_efer: { size: 8, feature: "org.shootdown.gdb.i386.system", bits: ["SCE", 7, "LME", 1, "LMA", "NXE"] },
};

function flagsType(id: string): string {
  const { size, bits } = FLAGS[id]!;
  const fields: string[] = [];
  let bit = 0;
  for (const field of bits) {
    if (typeof field === "string") fields.push(`<field name="${field}" start="${bit}" end="${bit}"/>`);
    bit += typeof field === "string" ? 1 : field;
  }
  return `<flags id="${id}" size="${size}">${fields.join("")}</flags>`;
}

function featureXml(feature: Feature): string {
  const types = Object.keys(FLAGS).filter((id) => FLAGS[id]!.feature === feature).map(flagsType);
  const registers = REGISTERS.filter((register) => register.feature === feature).map(({ name, bits, type, group }) =>
    `<reg name="${name}" bitsize="${bits}" type="${type}"${group ? ` group="${group}"` : ""}/>`);
  return `<feature name="${feature}">\n${[...types, ...registers].join("\n")}\n</feature>`;
}

/** gdb takes one architecture for the whole session: 64-bit, whatever mode a CPU is in. */
export const TARGET_XML = `<?xml version="1.0"?>
<!DOCTYPE target SYSTEM "gdb-target.dtd">
<target version="1.0">
<architecture>i386:x86-64</architecture>
${FEATURES.map(featureXml).join("\n")}
</target>
`;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeXml = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => ENTITIES[char]!);

export const threadName = (cpu: number): string => `CPU ${cpu}`;

export function threadsXml(target: Target): string {
  const threads = Array.from({ length: target.cpus }, (_, cpu) =>
    `<thread id="${(cpu + 1).toString(16)}" core="${cpu}" name="${threadName(cpu)}">${escapeXml(target.describe(cpu))}</thread>\n`);
  return `<?xml version="1.0"?>\n<threads>\n${threads.join("")}</threads>\n`;
}
