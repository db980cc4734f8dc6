// How results are shown.

export { markdownTable, table, type TableContent } from "./table.js";
export { startProgress, type Progress } from "./progress.js";
