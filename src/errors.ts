// Errors that are messages to the user: printed as one line, without a stack. Everything else that is
// thrown is a defect.

/** The user's to mend: a wrong option, a wrong image. The program leaves with status 2. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}

/** Something was run as asked, and failed: a guest that panics in a benchmark. Status 1. */
export class FailedRun extends Error {
  override readonly name: string = "FailedRun";
}
