// What the commands share: the two streams, a session on this machine's GPU, and models by name.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { urlSource } from '../src/lib/engine/bytes';
import { Session } from '../src/lib/lab/measure/session';
import { gpu, openFile } from './node';

export const print = (text: string) => process.stdout.write(text);
export const tell = (text: string) => process.stderr.write(text);

const DEMO = '../static/models/rwkv7-austen-Q4_K_M.gguf';
const folder = dirname(fileURLToPath(import.meta.url));

export function openModel(model: string, signal?: AbortSignal) {
  if (/^https?:\/\//i.test(model)) return urlSource(model, { signal });
  return openFile(model === 'demo' ? join(folder, DEMO) : model);
}

const newSession = () =>
  new Session({
    gpu,
    open: openModel,
    agent: `Node ${process.version}, ${process.platform} ${process.arch}`,
  });

/** Work with a session of its own, which is closed whatever happens. */
export async function withSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  const session = newSession();
  try {
    return await work(session);
  } finally {
    session.close();
  }
}
