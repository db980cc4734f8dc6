// Colours by meaning. Off, every function returns its text as it is.

import pc from "picocolors";

export interface Style {
  readonly address: (text: string) => string;
  readonly symbol: (text: string) => string;
  readonly step: (text: string) => string;
  /** What a person must not overlook: STALE. */
  readonly alarm: (text: string) => string;
  /** What is new since the last look. */
  readonly changed: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly heading: (text: string) => string;
}

export function styleOf(colours: boolean): Style {
  const c = pc.createColors(colours);
  return {
    address: c.blue,
    symbol: c.yellow,
    step: c.cyan,
    alarm: (text) => c.bold(c.red(text)),
    changed: c.green,
    faint: c.dim,
    heading: c.bold,
  };
}
