/** Asks a worker for the HTML of Markdown, one text at a time; a text that takes too long has none. */
import { startWorker } from '../parts/workers';
import type { Answer, Asked } from './markdownWorker';
import script from './markdownWorker?worker&url';

/** Largest text that is rendered, in characters; a longer one is shown as it is written. */
const LONGEST_TEXT = 200_000;
/** The page's thread makes the elements: so many take it a tenth of a second. */
const MOST_TAGS = 20_000;
const PATIENCE_MILLISECONDS = 5000;

let worker: { post(asked: Asked): Promise<Answer> } | undefined;
/** The end of all earlier requests. */
let last: Promise<unknown> = Promise.resolve();

/** The HTML of a text, not yet safe; undefined if it is too long, too deep or too slow to render. Never rejects. */
export function markdownHtml(text: string, top: number): Promise<string | undefined> {
  if (text.length > LONGEST_TEXT) return Promise.resolve(undefined);
  const answer = last.then(() => answerTo({ text, top })).catch(() => undefined);
  last = answer;
  return answer;
}

async function answerTo(asked: Asked): Promise<string | undefined> {
  worker ??= await openWorker();
  const { html } = await worker.post(asked);
  return html !== undefined && html.split('<').length <= MOST_TAGS ? html : undefined;
}

/** Resolves when the worker is ready, so that its start does not count as time for a text. */
function openWorker(): Promise<NonNullable<typeof worker>> {
  const opened = startWorker(script, 'prose');
  const end = () => {
    opened.terminate();
    worker = undefined;
  };
  const next = () =>
    new Promise<Answer>((resolve, reject) => {
      opened.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
      opened.onerror = (event) => {
        event.preventDefault();
        end();
        reject(new Error(event.message));
      };
    });
  const post = (asked: Asked) => {
    const answer = next();
    opened.postMessage(asked);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<Answer>((resolve) => {
      timer = setTimeout(() => {
        end();
        resolve({ html: undefined });
      }, PATIENCE_MILLISECONDS);
    });
    return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
  };
  return next().then(() => ({ post }));
}
