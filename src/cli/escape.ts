// Ctrl-A on a terminal introduces a command to this program, as in QEMU; all else is for the guest.

const CTRL_A = 0x01;

export const ESCAPE_HELP = ["Ctrl-A H  this help", "Ctrl-A X  leave", "Ctrl-A A  send Ctrl-A to the guest"];

export interface EscapeActions {
  leave(): void;
  help(): void;
}

export class EscapeFilter {
  readonly #actions: EscapeActions;
  #escaped = false;

  constructor(actions: EscapeActions) {
    this.#actions = actions;
  }

  /** What of `bytes` is for the guest. Commands are carried out on the way. */
  *filter(bytes: Iterable<number>): Generator<number> {
    for (const byte of bytes) {
      if (this.#escaped) {
        this.#escaped = false;
        if (this.#command(byte)) yield CTRL_A;
      } else if (byte === CTRL_A) {
        this.#escaped = true;
      } else {
        yield byte;
      }
    }
  }

  /** Carries out the command with key `byte`; true if a Ctrl-A is to be sent. Unknown keys do nothing. */
  #command(byte: number): boolean {
    const key = String.fromCharCode(byte).toLowerCase();
    if (key === "x") this.#actions.leave();
    if (key === "h" || key === "?") this.#actions.help();
    return key === "a" || byte === CTRL_A;
  }
}
