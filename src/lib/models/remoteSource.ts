/** Byte sources of one worker, read by another through a port. The bytes are moved, not copied. */
import type { ByteSource } from '../engine/bytes';
import { messageOf } from '../engine/ggufHeader';
import { siblingText } from './parts';

type Question =
  /** `has` is answered at once, `open` when the source is there. */
  | { ask: 'has' | 'open'; name: string }
  | { ask: 'read'; source: number; offset: number; length: number; memory?: ArrayBuffer }
  | { ask: 'whole' | 'close'; source: number };

interface Answer {
  id: number;
  error?: string;
  /** To `has`. */
  has?: boolean;
  /** To `open`. */
  opened?: { source: number; name: string; size: number };
  /** To `read`. */
  bytes?: Uint8Array<ArrayBuffer>;
}

/** A place of sources: whether there is one of a name, and the source, which may come later. */
interface Sources {
  has(name: string): boolean;
  open(name: string): Promise<ByteSource>;
}

/** Answers what `RemoteSources` asks at the other end. */
export function serveSources(port: MessagePort, place: Sources) {
  const sources = new Map<number, ByteSource>();
  let count = 0;
  const answer = async (question: Question): Promise<Omit<Answer, 'id'>> => {
    if ('name' in question) {
      if (question.ask === 'has') return { has: place.has(question.name) };
      const found = await place.open(question.name);
      sources.set(++count, found);
      return { opened: { source: count, name: found.name, size: found.size } };
    }
    const source = sources.get(question.source)!;
    if (question.ask === 'read') {
      const { offset, length, memory } = question;
      const given = memory && source.readWith?.(offset, length, memory);
      return { bytes: await (given ?? source.read(offset, length)) };
    }
    if (question.ask === 'whole') await source.whole?.();
    else sources.delete(question.source);
    return {};
  };
  port.onmessage = ({ data: { id, ...question } }: MessageEvent<Question & { id: number }>) =>
    void answer(question as Question)
      .catch((error: unknown): Omit<Answer, 'id'> => ({ error: messageOf(error) }))
      .then((given) => port.postMessage({ id, ...given }, given.bytes ? [given.bytes.buffer] : []));
}

/** Seconds after which a worker that does not say whether it has a source is taken for one that has not. */
const SILENT_SECONDS = 5;

/** The sources that another worker serves at the other end of a port. */
export class RemoteSources {
  readonly #waiting = new Map<
    number,
    { resolve: (answer: Answer) => void; reject: (error: Error) => void }
  >();
  #count = 0;

  constructor(readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<Answer>) => {
      const { resolve, reject } = this.#waiting.get(data.id) ?? {};
      this.#waiting.delete(data.id);
      if (data.error === undefined) resolve?.(data);
      else reject?.(new Error(data.error));
    };
  }

  /** The source of this name; undefined if the other worker has none. Its reads reject with the signal's reason when it aborts. */
  async open(name: string, signal: AbortSignal): Promise<ByteSource | undefined> {
    const ask = (question: Question, given: ArrayBuffer[] = []) => this.#ask(question, signal, given);
    const silent = new Promise<undefined>((resolve) => setTimeout(resolve, 1000 * SILENT_SECONDS));
    const known = await Promise.race([ask({ ask: 'has', name }), silent]);
    if (!known?.has) return undefined;
    const { source, ...file } = (await ask({ ask: 'open', name })).opened!;
    return {
      ...file,
      read: async (offset, length) => (await ask({ ask: 'read', source, offset, length })).bytes!,
      readWith: async (offset, length, memory) =>
        (await ask({ ask: 'read', source, offset, length, memory }, [memory])).bytes!,
      whole: async () => void (await ask({ ask: 'whole', source })),
      close: async () => this.port.postMessage({ id: 0, ask: 'close', source }),
      sibling: async (other) => {
        const text = siblingText(name, other);
        const found = text && (await this.open(text, signal));
        if (found) return found;
        throw new Error(`${other} is not being downloaded`);
      },
    };
  }

  /** The other worker is gone: everything that waits for it fails. */
  end(reason: string) {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
    this.port.close();
  }

  #ask(question: Question, signal: AbortSignal, given: ArrayBuffer[]): Promise<Answer> {
    const id = ++this.#count;
    return new Promise<Answer>((resolve, reject) => {
      const stopped = () => {
        this.#waiting.delete(id);
        reject(signal.reason as Error);
      };
      const settled = () => signal.removeEventListener('abort', stopped);
      this.#waiting.set(id, {
        resolve: (answer) => (settled(), resolve(answer)),
        reject: (error) => (settled(), reject(error)),
      });
      if (signal.aborted) return stopped();
      signal.addEventListener('abort', stopped, { once: true });
      this.port.postMessage({ id, ...question }, given);
    });
  }
}
