// as-pect's reporter for the core's specs: one line for a spec that passes; for one that fails, each
// failing test with what it expected. as-pect imports this file and uses the instance it exports.
// Lines carry the mark that core-specs.mjs looks for.

class SpecReporter {
  stdout = null;
  stderr = null;

  onEnter() {}
  onExit() {}

  onFinish(suite) {
    const say = (text) => this.stdout.write(`${text.replace(/^/gm, "spec|")}\n`);
    say(`${suite.pass && suite.testCount > 0 ? "ok" : "not ok"} ${suite.fileName}: ${suite.testPassCount} of ${suite.testCount}`);
    suite.rootNode.visit((node) => {
      node.logs.forEach((value) => say(`  ${node.name}: ${value.stringify({ indent: 4 }).trim()}`));
      // A group fails when a test in it does; the test is what is worth naming.
      if (node.pass || node.children.some((child) => !child.pass)) return;
      say(`  not ok ${node.name}${node.message ? `: ${node.message}` : ""}`);
      if (node.expected) say(`    expected ${node.expected.negated ? "not " : ""}${node.expected.stringify({ indent: 4 }).trim()}`);
      if (node.actual) say(`    actual   ${node.actual.stringify({ indent: 4 }).trim()}`);
      if (node.stackTrace) say(node.stackTrace.replace(/^/gm, "    "));
    });
    for (const error of suite.errors) say(`  ${error.type}: ${error.message}\n${error.stackTrace}`);
  }
}

export default new SpecReporter();
