// How as-pect runs one spec of the core. tools/build/core-specs.mjs calls it and says which.

/** The host's side of the port bus for specs: a port reads back what was last written to it. */
function loopbackPorts() {
  const last = new Map();
  return {
    portIn: (port) => last.get(port) ?? 0xffffffff,
    portOut: (port, _size, value) => { last.set(port, value); },
    eventsFull: () => {},
  };
}

export default {
  entries: [process.env.SHOOTDOWN_SPEC],
  include: ["tests/core/**/*.include.ts"],
  disclude: [/node_modules/],
  reporter: "tools/build/spec-reporter.mjs",
  outputBinary: false,

  /** as-pect's own memory is ten pages; the core's regions need theirs at their real addresses. */
  async instantiate(_memory, createImports, instantiate, binary) {
    const memory = new WebAssembly.Memory({ initial: Number(process.env.SHOOTDOWN_SPEC_PAGES), maximum: 65536 });
    return instantiate(binary, createImports({ env: { memory }, host: loopbackPorts() }));
  },
};
