// Reads what the guest kernel prints at the end of a run: `vmstat: NAME VALUE`, `checksum: TEXT`, and
// on the way `progress: DONE/TOTAL`.

export interface KernelOutput {
  readonly vmstat: Readonly<Record<string, number>>;
  /** In the order printed, without the prefix. */
  readonly checksums: readonly string[];
  /** 0 to 1, of the last progress line. */
  readonly progress: number | undefined;
}

/** Collects lines from bytes as they arrive. */
export class OutputReader {
  readonly #vmstat: Record<string, number> = {};
  readonly #checksums: string[] = [];
  readonly #decoder = new TextDecoder();
  #progress: number | undefined;
  #line: number[] = [];
  #words: string[] = [];

  push(byte: number): void {
    if (byte !== 0x0a) {
      this.#line.push(byte);
      return;
    }
    const line = this.#decoder.decode(Uint8Array.from(this.#line)).replace(/\r$/, "");
    this.#line = [];
    if (!this.#parse(line)) this.#words.push(line);
  }

  get output(): KernelOutput {
    return { vmstat: this.#vmstat, checksums: this.#checksums, progress: this.#progress };
  }

  /** The last lines that are not counters, for the message when a run fails. */
  tail(count: number): string[] {
    return this.#words.slice(-count);
  }

  /** Takes what the line says, if it is of a known form. */
  #parse(line: string): boolean {
    const vmstat = /^vmstat: (\w+) (\d+)$/.exec(line);
    if (vmstat) this.#vmstat[vmstat[1]!] = Number(vmstat[2]);
    const checksum = /^checksum: (.*)$/.exec(line);
    if (checksum) this.#checksums.push(checksum[1]!.trim());
    const progress = /^progress: (\d+)\/(\d+)$/.exec(line);
    if (progress) this.#progress = Math.min(1, Number(progress[1]) / Math.max(1, Number(progress[2])));
    return Boolean(vmstat ?? checksum ?? progress);
  }
}
