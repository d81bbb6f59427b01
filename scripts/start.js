// `npm start`: installs what is missing, builds what is old, serves the lab and prints its address.
//   npm start -- [--port N] [--host ADDRESS]
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from './serve.js';
import { buildIsOld, needNode, needPackages, root, run, stop, tool } from './setup.js';

needNode();
const options = readOptions();
needPackages();
if (buildIsOld()) {
  console.log('Building the lab …');
  if (run(tool('vite/bin/vite.js', 'build', '--logLevel', 'warn'), 'errors') !== 0)
    stop('The build failed: see its message above.');
}
const server = await listen(options);
announce(server, options.host);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, finish);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string' }, host: { type: 'string', default: '127.0.0.1' } },
    });
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536))
      throw new Error(`--port takes a number from 0 to 65535, not "${values.port}"`);
    return { port, host: values.host };
  } catch (error) {
    return stop(
      `${error instanceof Error ? error.message : error}\nUsage: npm start -- [--port N] [--host ADDRESS]`,
    );
  }
}

/**
 * Tries only the port given with --port; without it, the first free port from 4173 on.
 * @param {{ port: number | undefined, host: string }} options
 */
async function listen({ port, host }) {
  const folder = join(root, 'build');
  for (let candidate = port ?? 4173; ; candidate++) {
    try {
      return await serve({ folder, port: candidate, host });
    } catch (error) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code === 'EADDRINUSE' && port === undefined && candidate < 4273) continue;
      return stop(
        code === 'EADDRINUSE'
          ? `Port ${candidate} is taken by another program; choose one with: npm start -- --port N`
          : `Cannot serve on ${host}, port ${candidate}: ${message}`,
      );
    }
  }
}

/**
 * @param {import('node:http').Server} server
 * @param {string} host
 */
function announce(server, host) {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const local = ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host);
  console.log(`\n  The lab is open:  http://${local ? 'localhost' : host}:${port}/\n`);
  if (host === '0.0.0.0' || host === '::') {
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const { address, family, internal } of others)
      if (family === 'IPv4' && !internal) console.log(`  on the network:   http://${address}:${port}/`);
  }
  if (host !== '127.0.0.1')
    console.log(
      '  Browsers offer WebGPU only over https and on localhost: elsewhere put an https proxy in front.\n',
    );
  console.log('  Press Ctrl-C to stop it.');
}

function finish() {
  server.close(() => process.exit(0));
  server.closeAllConnections();
}
