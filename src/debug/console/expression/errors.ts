// A mistake in an expression, with the place where it is.

import { UserError } from "../../../errors.js";

export class ExpressionError extends UserError {
  /** Of the character that the message is about, from 0, in the text of the expression. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}
