// npm run clean: removes what the build makes; leaves what was installed.

import { rmSync } from "node:fs";
import { at } from "./build/paths.mjs";

for (const folder of ["build", "dist"]) rmSync(at(folder), { recursive: true, force: true });
