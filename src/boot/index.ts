// From an image file to a PC that is ready to run.

export { Pc, type BootOptions, type PcOptions, type Serial } from "./pc.js";
export { parseModuleList } from "./modules.js";
export type { LoadedImage, Module } from "./image.js";
