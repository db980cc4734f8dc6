// Says on stderr how far something slow is: a bar on a terminal, elsewhere a line every few seconds.

import { Presets, SingleBar } from "cli-progress";

const LINE_SECONDS = 5;

export interface Progress {
  /** `fraction` is 0 to 1, or undefined where nobody knows; `note` is a few words. */
  update(fraction: number | undefined, note: string): void;
  done(): void;
}

export function startProgress(title: string): Progress {
  return process.stderr.isTTY ? bar(title) : lines(title);
}

function bar(title: string): Progress {
  const single = new SingleBar(
    { format: `${title} {bar} {percent} {note}`, hideCursor: true, clearOnComplete: true, stream: process.stderr },
    Presets.shades_classic,
  );
  single.start(1000, 0, { percent: "", note: "" });
  return {
    update: (fraction, note) =>
      single.update(Math.round((fraction ?? 0) * 1000), {
        percent: fraction === undefined ? "" : `${Math.floor(fraction * 100)}%`, note,
      }),
    done: () => single.stop(),
  };
}

function lines(title: string): Progress {
  let last = performance.now();
  return {
    update(fraction, note) {
      const now = performance.now();
      if (now - last < LINE_SECONDS * 1000) return;
      last = now;
      const percent = fraction === undefined ? "" : ` ${Math.floor(fraction * 100)}%`;
      process.stderr.write(`${title}:${percent} ${note}\n`);
    },
    done() {},
  };
}
