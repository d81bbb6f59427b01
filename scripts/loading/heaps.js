// The memory of the JavaScript of a page and of all its workers, as Chromium tells it to its debugger.

/**
 * @typedef {object} Target a page or a worker that can be asked by the debugger's protocol
 * @property {string} name
 * @property {number} bytes
 * @property {(method: string, words?: object) => Promise<any>} send
 * @property {(event: string, listener: (words: any) => void) => void} on
 */

const LOOK_MILLISECONDS = 40;

/**
 * Looks again and again at the memory that the scripts of a page and of its workers use, garbage that is not yet collected and the
 * bytes of array buffers included, until `end`, which returns by how many megabytes it grew at most up to a time.
 * @param {import('playwright-core').Page} page
 */
export async function watchHeaps(page) {
  const session = /** @type {any} */ (await page.context().newCDPSession(page));
  /** @type {Set<Target>} */
  const targets = new Set();
  await add(
    { name: 'page', bytes: 0, send: session.send.bind(session), on: session.on.bind(session) },
    targets,
  );
  const looks = [await look(targets)];
  let looking = true;
  const ended = (async () => {
    for (; looking; await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS)))
      looks.push(await look(targets));
  })();
  return {
    /** @param {number} [until] milliseconds since 1970 */
    async end(until = Infinity) {
      looking = false;
      await ended;
      const within = looks.filter(({ at }) => at <= until);
      const most = within.reduce((a, b) => (b.bytes > a.bytes ? b : a), looks[0]);
      process.stderr.write(`  most JavaScript memory: ${most.each.join(', ')} (${within.length} looks)\n`);
      return (most.bytes - looks[0].bytes) / 1e6;
    },
  };
}

/**
 * Adds a target, and the workers that it has or starts.
 * @param {Target} target
 * @param {Set<Target>} targets
 */
async function add(target, targets) {
  targets.add(target);
  target.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    const name = `${targetInfo.type} ${targetInfo.url.split('/').pop().split('-')[0]}`;
    const child = below(target, sessionId, name);
    void add(child, targets);
    target.on('Target.detachedFromTarget', (gone) => gone.sessionId === sessionId && targets.delete(child));
  });
  // Not `flatten`, whose messages Playwright would keep to itself.
  await target.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
}

/**
 * A worker, whose messages go through the target that started it.
 * @param {Target} parent
 * @param {string} sessionId
 * @param {string} name
 * @returns {Target}
 */
function below(parent, sessionId, name) {
  let last = 0;
  /** @type {Map<number, (result: any) => void>} */
  const waiting = new Map();
  /** @type {{ event: string, listener: (words: any) => void }[]} */
  const listeners = [];
  parent.on('Target.receivedMessageFromTarget', (words) => {
    if (words.sessionId !== sessionId) return;
    const { id, method, params, result } = JSON.parse(words.message);
    waiting.get(id)?.(result);
    waiting.delete(id);
    for (const { event, listener } of listeners) if (event === method) listener(params);
  });
  return {
    name,
    bytes: 0,
    on: (event, listener) => void listeners.push({ event, listener }),
    send: (method, params = {}) =>
      new Promise((done, failed) => {
        waiting.set(++last, done);
        const message = JSON.stringify({ id: last, method, params });
        parent.send('Target.sendMessageToTarget', { sessionId, message }).catch(failed);
      }),
  };
}

/** @param {Set<Target>} targets */
async function look(targets) {
  await Promise.all(
    [...targets].map(async (target) => {
      // A worker that is busy answers late: until then it counts as at the look before. One that has ended never answers.
      const late = new Promise((done) => setTimeout(done, 1000));
      const found = /** @type {any} */ (
        await Promise.race([target.send('Runtime.getHeapUsage').catch(() => undefined), late])
      );
      if (found) target.bytes = found.usedSize + found.embedderHeapUsedSize + found.backingStorageSize;
    }),
  );
  return {
    at: Date.now(),
    bytes: [...targets].reduce((sum, { bytes }) => sum + bytes, 0),
    each: [...targets].map(({ name, bytes }) => `${name} ${(bytes / 1e6).toFixed(1)} MB`),
  };
}
