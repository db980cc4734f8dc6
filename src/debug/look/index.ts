// What a person wants to see of a machine, as data.

export type * from "./types.js";
