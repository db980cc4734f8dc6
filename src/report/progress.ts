// Says on stderr how far slow things that run side by side are: bars on a terminal, elsewhere a line
// each every few seconds.

import { MultiBar, Presets } from "cli-progress";

const LINE_SECONDS = 5;
const STEPS = 1000;

export interface Progress {
  /** `fraction` is 0 to 1, or undefined where nobody knows; `note` is a few words. */
  update(fraction: number | undefined, note: string): void;
}

export interface ProgressGroup {
  /** One for each title. */
  readonly each: readonly Progress[];
  done(): void;
}

export function startProgressGroup(titles: readonly string[]): ProgressGroup {
  return process.stderr.isTTY ? bars(titles) : { each: titles.map(lines), done() {} };
}

/** The same for one thing alone. */
export function startProgress(title: string): Progress & { done(): void } {
  const group = startProgressGroup([title]);
  return { update: (fraction, note) => group.each[0]!.update(fraction, note), done: () => group.done() };
}

const percent = (fraction: number | undefined): string => (fraction === undefined ? "" : `${Math.floor(fraction * 100)}% `);

function bars(titles: readonly string[]): ProgressGroup {
  const group = new MultiBar(
    { format: "{title} {bar} {note}", hideCursor: true, clearOnComplete: true, stream: process.stderr },
    Presets.shades_classic,
  );
  const each = titles.map((title) => {
    const bar = group.create(STEPS, 0, { title, note: "" });
    return {
      update: (fraction: number | undefined, note: string) =>
        bar.update(Math.round((fraction ?? 0) * STEPS), { note: `${percent(fraction)}${note}` }),
    };
  });
  return { each, done: () => group.stop() };
}

function lines(title: string): Progress {
  let last = performance.now();
  return {
    update(fraction, note) {
      const now = performance.now();
      if (now - last < LINE_SECONDS * 1000) return;
      last = now;
      process.stderr.write(`${title}: ${percent(fraction)}${note}\n`);
    },
  };
}
