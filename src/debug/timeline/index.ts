// Time travel, for the session and for recordings.

export { DEFAULT_HISTORY, LEAST_HISTORY } from "./history.js";
export { type Journey, Timeline, type TimelineOptions } from "./timeline.js";
export type { Search } from "./search.js";
export type { HistoryFigures, Input } from "./types.js";
