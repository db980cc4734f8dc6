// The checker, for the commands: scenarios in, verdicts out.

export { exploreLitmus, type LitmusOptions, type LitmusResult } from "./outcomes.js";
export { litmusText } from "./report/litmus-text.js";
export { parseLitmus, type Litmus } from "./scenario/litmus.js";
export { ScenarioError } from "./scenario/source.js";
