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

async function serveStdio(host: GdbHost): Promise<GdbServer> {
  const line: Line = { input: process.stdin, output: process.stdout, close: () => void process.stdin.pause() };
  new Client(await host.attach(), line, (how) => host.left(how));
  return { address: undefined, close: async () => void process.stdin.destroy() };
}

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
    void connect(socket, user, () => (current = undefined));
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

async function connect(socket: Socket, user: GdbHost, gone: () => void): Promise<void> {
  // Nothing is read before the machine stands still.
  socket.pause();
  const target = await user.attach();
  new Client(target, { input: socket, output: socket, close: () => void socket.end() }, (how) => {
    gone();
    user.left(how);
  });
  socket.resume();
}
