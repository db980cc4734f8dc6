// Time travel, for the session and for recordings.

export { DEFAULT_HISTORY, LEAST_HISTORY } from "./history.js";
export type { Journey } from "./journey.js";
export { Timeline, type TimelineOptions } from "./timeline.js";
export type { Search } from "./search.js";
export type { HistoryFigures, Input } from "./types.js";
export {
  type RecordedFile, type Recording, type RecordingHeader, type RecordingLine, readRecording, sha256,
} from "./recording.js";
export { Recorder } from "./recorder.js";
export { describeVerdict, Replay, type Verdict } from "./replay.js";
