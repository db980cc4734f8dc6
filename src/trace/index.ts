// Traces: a run's events in a file, for Perfetto's UI or as JSON lines.

export { categoryOf, nameOf, tellValues, type Values } from "./describe.js";
export { DEFAULT_TRACE_KINDS, parseTraceKinds, traceFileFor, traceFormat, type TraceFormat, type TraceOptions } from "./kinds.js";
export { Tracer } from "./tracer.js";
