// A translation scenario that is ready to be explored: its machine, every CPU at its first event.

import { type Exploration, type Machine, type Transition, viewTransition } from "../../machine/index.js";
import type { ExploreLitmus, LitmusSubject } from "../bare/subject.js";
import { System } from "../explore/system.js";
import { holds, type Observed, observedText } from "../scenario/condition.js";
import { holdsWord, type TranslationScenario, translationText, wordText } from "../scenario/translation.js";
import { writtenBy } from "../scenario/translation-op.js";
import type { ScenarioRegister } from "../scenario/words.js";
import { columnCode, encodingOf, flushesOf, invalidation, noteFault, Places } from "./column-code.js";
import { faultHandler, flushHandler } from "./handlers.js";
import { Image, PAGE_FAULT } from "./image.js";
import { GATE, PML4, SETUP, STACK_STRIDE, STACK_TOP } from "./layout.js";
import { IGNORED_BITS } from "./pte.js";
import * as at from "./scenario-layout.js";

const REGISTERS = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11"] as const;

function imageOf(scenario: TranslationScenario, places: Places): Uint8Array {
  const image = new Image(at.IMAGE_BYTES);
  image.set(at.HANDLERS, faultHandler(at.BLOCK_BYTES, at.BLOCK_EXIT, noteFault));
  image.gate(PAGE_FAULT, at.HANDLERS);
  for (const { sender, what } of flushesOf(scenario)) {
    image.set(at.handlerAt(sender, what), flushHandler(invalidation(what), at.acksAt(sender)));
    image.gate(at.flushVector(sender, what), at.handlerAt(sender, what));
  }
  scenario.columns.forEach((column, i) => {
    image.set(at.blockAt(i, 0), columnCode(column, i, places));
    image.word(at.startAt(i), BigInt(at.blockAt(i, 0)));
  });
  scenario.frames.forEach(({ value }, i) => image.word(at.frameAt(i), value));
  scenario.variables.forEach(({ value }, i) => image.word(at.variableAt(i), value));
  scenario.pages.forEach(({ mapping }, i) => image.word(at.wordAt(i), BigInt(places.wordFor(mapping))));
  return image.bytes;
}

/** Says what columns share, and which pages' translations are chosen. */
function declare(scenario: TranslationScenario, exploration: Exploration): void {
  exploration.share(GATE, 8);
  scenario.frames.forEach((_, i) => exploration.share(at.frameAt(i), 8));
  scenario.variables.forEach((_, i) => exploration.share(at.variableAt(i), 8));
  scenario.columns.forEach((_, i) => exploration.share(at.acksAt(i), 8));
  scenario.pages.forEach((_, i) => {
    exploration.share(at.wordAt(i), 8);
    exploration.track(BigInt(at.pageAt(i)), at.wordAt(i));
  });
  exploration.spuriousFaults = true;
  exploration.interruptedCpus = scenario.columns.flat().flatMap((op) => (op.kind === "flush" ? op.cpus : []));
}

/** A page-table word as scenarios have it: A masked, frames by number. */
const scenarioWord = (word: bigint): bigint => (word === 0n ? 0n : (word & ~BigInt(IGNORED_BITS)) - BigInt(at.FRAMES));

const machineRegister = (name: string) => REGISTERS[encodingOf(name as ScenarioRegister)]!;

/** Values of what an outcome lists. */
function valuesIn(scenario: TranslationScenario, places: Places, machine: Machine): (observed: Observed) => bigint {
  const ram = machine.ramView();
  return (observed) => {
    switch (observed.kind) {
      case "register": {
        const value = machine.register(observed.column, machineRegister(observed.name));
        return holdsWord(scenario.columns, observed) ? scenarioWord(value) : value;
      }
      case "location":
        return ram.getBigUint64(places.linear(observed.name), true);
      case "pte":
        return scenarioWord(ram.getBigUint64(places.word(observed.name), true));
      case "fault":
        return ram.getBigUint64(at.faultAt(observed.column, places.pageNumber(observed.name)), true);
    }
  };
}

/** A store to `physical` as the scenario writes it; of an acknowledgement undefined. */
function storeText(scenario: TranslationScenario, physical: number, value: bigint): string | undefined {
  const page = scenario.pages.find((_, i) => at.wordAt(i) === physical);
  if (page) return `pte ${page.name} = ${wordText(scenarioWord(value), scenario.frames)}`;
  const frame = scenario.frames.find((_, i) => at.frameAt(i) === physical);
  const variable = scenario.variables.find((_, i) => at.variableAt(i) === physical);
  return `${(frame ?? variable)?.name} = ${value}`;
}

/** Puts `scenario` into `machine`, every CPU about to set itself up. */
function arrange(scenario: TranslationScenario, places: Places, machine: Machine): void {
  machine.writePhysical(0, imageOf(scenario, places));
  scenario.columns.forEach((_, cpu) => {
    machine.enterLong(cpu, SETUP, STACK_TOP + cpu * STACK_STRIDE, PML4);
    machine.setRegister(cpu, "r15", BigInt(at.startAt(cpu)));
    machine.setRegister(cpu, "r13", BigInt(at.acksAt(cpu)));
  });
}

/** The events of a run in words: `describe` of a Subject. */
function narrator(scenario: TranslationScenario, machine: Machine, exploration: Exploration, valueOf: (observed: Observed) => bigint) {
  const stores = (cpu: number) => exploration.buffer(cpu).map(({ physical, value }) => storeText(scenario, physical, value));
  const faults = (column: number) => scenario.pages.map(({ name }) => valueOf({ kind: "fault", column, name })).join("");
  const opAt = (cpu: number) => scenario.columns[cpu]![(Number(machine.register(cpu, "rip")) - at.blockAt(cpu, 0)) >> at.BLOCK_SHIFT];
  return (transition: Transition) => {
    const view = viewTransition(transition);
    const { cpu } = view;
    const [oldest] = stores(cpu);
    const before = faults(cpu);
    const op = opAt(cpu);
    const waiting = () => (exploration.buffered(cpu) > 0 ? [`waiting: ${stores(cpu).join(", ")}`] : []);
    const faulted = () => (faults(cpu) === before ? [] : ["#PF"]);
    if (view.kind === "drain") return () => ({ what: `${oldest} is seen`, notes: [...faulted(), ...waiting()] });
    if (view.kind === "deliver") return () => ({ what: "a flush is taken", notes: [...faulted(), ...waiting()] });
    const name = op && writtenBy(op);
    const read = () => {
      if (!name) return [];
      const observed = { kind: "register", column: cpu, name } as const;
      return [`${name} = ${translationText(scenario, observed, valueOf(observed))}`];
    };
    return () => ({
      what: op?.source.text ?? "acknowledges the flush",
      notes: [...faulted(), ...read(), ...waiting()],
      stale: view.kind === "step" && view.old !== undefined,
    });
  };
}

/** Puts `scenario` into `machine`, which is new; what it gives begins to explore it. What is looked for is as with litmus tests. */
export function placeTranslation(scenario: TranslationScenario, machine: Machine): ExploreLitmus {
  const places = new Places(scenario);
  arrange(scenario, places, machine);
  return (options) => explore(scenario, places, machine, options);
}

function explore(scenario: TranslationScenario, places: Places, machine: Machine, options: { readonly storeBuffers: boolean }): LitmusSubject {
  const exploration = machine.explore({ ...options, handlers: true });
  declare(scenario, exploration);
  const system = new System(machine, exploration, scenario.columns.length);
  system.begin();
  // All wait at the gate, ready for interrupts; now each goes to its first event that others can notice.
  system.enter();
  const valueOf = valuesIn(scenario, places, machine);
  const { proposition, quantifier } = scenario.condition;
  const stateText = () =>
    scenario.observed.map((observed) => observedText(observed, translationText(scenario, observed, valueOf(observed)))).join(" ");
  return {
    system, exploration, machine, columns: scenario.columns.length, stateText,
    holds: () => holds(proposition, valueOf),
    finding() {
      if (!system.finished || system.enabled().length > 0 || holds(proposition, valueOf) !== (quantifier !== "forall")) return undefined;
      return { kind: "condition", text: stateText() };
    },
    describe: narrator(scenario, machine, exploration, valueOf),
  };
}
