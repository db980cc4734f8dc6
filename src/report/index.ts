// How results are shown.

export { columnsTable, markdownTable, table, type TableContent } from "./table.js";
export { plainTable } from "./plain.js";
export { startProgress, startProgressGroup, type Progress, type ProgressGroup } from "./progress.js";
