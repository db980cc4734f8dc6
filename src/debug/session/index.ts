// Run control, forwards and backwards.

export { Session } from "./session.js";
export type {
  ContinueOptions, Direction, Frame, FrameOf, Halt, Point, Points, PointSpec, RunProgress, SessionOptions, StepSchedule,
} from "./types.js";
