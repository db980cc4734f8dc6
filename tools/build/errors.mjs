// The one kind of failure that a tool reports as a single line, with the status to leave with.
// Everything else that is thrown is a defect of the tool and keeps its stack.

export class ToolError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a tool's main function and turns its failures into an exit status. */
export async function runTool(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    if (error.message) process.stderr.write(`shootdown: ${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
