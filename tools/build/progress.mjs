// Says what the tools are doing. On a terminal: one line that counts the seconds, replaced as stages
// end. Elsewhere (a log): one line when a stage begins and one when it ends.

const live = process.stderr.isTTY === true && !process.env.CI;
const running = new Map();
let ticker = null;

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);

function draw() {
  const parts = [...running].map(([name, since]) => `${name} ${seconds(since)} s`);
  const text = parts.join(" | ").slice(0, (process.stderr.columns ?? 80) - 1);
  process.stderr.write(`\r\x1b[K${text}`);
}

function write(line) {
  process.stderr.write(live ? `\r\x1b[K${line}\n` : `${line}\n`);
  if (live && running.size > 0) draw();
}

/** Runs `work` under a name; says when it starts and how long it took. */
export async function stage(name, work) {
  const since = performance.now();
  running.set(name, since);
  if (live) ticker ??= setInterval(draw, 200).unref();
  else write(`${name} ...`);
  let mark = "failed after";
  try {
    const result = await work();
    mark = "done in";
    return result;
  } finally {
    running.delete(name);
    if (running.size === 0 && ticker) {
      clearInterval(ticker);
      ticker = null;
    }
    write(`${name}: ${mark} ${seconds(since)} s`);
  }
}
