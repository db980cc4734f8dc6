// Listens for gdb: on a TCP port, one client at a time, or on standard input and output. Whose machine it is,
// and who drives it while no client is there, is the caller's affair (src/cli).

import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { UserError } from "../../errors.js";
import { formatAddress, type GdbAddress } from "./address.js";
import { Client, type Leaving, type Line } from "./client.js";
import type { Target } from "./target.js";

export interface GdbHost {
  /** A client is there. The machine is to stand still before this resolves; from then on it is the client's. */
  attach(): Promise<Target>;
  /** The client has left; `target` is the caller's again. */
  left(how: Leaving): void;
  /** A line for the user. */
  report(line: string): void;
}

export interface GdbServer {
  /** What to tell gdb's `target remote`; undefined on stdio. */
  readonly address: string | undefined;
  /** Takes no more clients, and disconnects the one that is there. */
  close(): Promise<void>;
}

export async function serveGdb(address: GdbAddress, host: GdbHost): Promise<GdbServer> {
  return address.kind === "stdio" ? serveStdio(host) : serveTcp(address.host, address.port, host);
}

function serveStdio(host: GdbHost): GdbServer {
  const { stdin: input, stdout: output } = process;
  void connect({ input, output, close: () => void input.pause() }, host, () => {});
  return { address: undefined, close: async () => void input.destroy() };
}

/** Milliseconds that a client has to take the last answer. */
const PATIENCE = 1000;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "it is in use",
  EADDRNOTAVAIL: "this computer has no such address",
  EACCES: "permission denied",
  ENOTFOUND: "there is no such host",
};

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ""] ?? error.message;
      failed(new UserError(`gdb cannot be served on ${formatAddress(host, port)}: ${reason}`));
    });
    server.listen(port, host, done);
  });
}

async function serveTcp(host: string, port: number, user: GdbHost): Promise<GdbServer> {
  let current: Socket | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    if (current) {
      user.report("gdb: a second client was turned away");
      socket.destroy();
      return;
    }
    current = socket;
    void connect({ input: socket, output: socket, close: () => hangUp(socket) }, user, () => (current = undefined));
  });
  await listen(server, host, port);
  return {
    address: formatAddress(host, (server.address() as AddressInfo).port),
    close: () => new Promise((done) => {
      server.close(() => done());
      current?.destroy();
    }),
  };
}

/** Ends the line; a client that does not end its side is not waited for. */
function hangUp(socket: Socket): void {
  socket.end();
  socket.setTimeout(PATIENCE, () => socket.destroy());
}

async function connect(line: Line, host: GdbHost, gone: () => void): Promise<void> {
  // Nothing is read before the machine stands still.
  line.input.pause();
  const target = await host.attach();
  new Client(target, line, (how) => {
    gone();
    host.left(how);
  });
  line.input.resume();
}
