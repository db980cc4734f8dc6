// The version as package.json says it: the bundler puts the number in.

import metadata from "../../package.json" with { type: "json" };

export const version: string = metadata.version;
