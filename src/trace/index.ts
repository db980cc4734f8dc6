// Traces: a run's events in a file, for Perfetto's UI or as JSON lines.

export { describe, type Description, type Value } from "./describe.js";
export { DEFAULT_TRACE_KINDS, parseTraceKinds, traceFileFor, traceFormat, type TraceFormat, type TraceOptions } from "./kinds.js";
export { Tracer } from "./tracer.js";
