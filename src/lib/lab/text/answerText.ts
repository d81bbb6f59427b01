/** The text of an answer while its tokens arrive, up to one that ends it. */
import type { Tokenizer } from '../../engine/tokenizer';
import { Refusal } from '../../shaders/kernel';
import { isChat, NEXT_TURN } from './chat';
import { StopFinder, stopsOf } from './stops';

/** Puts tokens together to text in whole characters, and tells each piece that has not been shown before. */
export class AnswerText {
  text = '';
  readonly #decoder: ReturnType<Tokenizer['stream']>;
  readonly #finder: StopFinder;

  /** `shown`: what was told of the same answer before, see `showBeginning`. */
  constructor(
    tokenizer: Tokenizer,
    { chat, stop }: { chat: string; stop: string },
    readonly tell: (piece: string) => void,
    readonly shown = '',
  ) {
    this.#decoder = tokenizer.stream();
    this.#finder = new StopFinder([...(isChat({ chat }) ? [NEXT_TURN] : []), ...stopsOf(stop)]);
  }

  /** True once a text that ends the answer was found: nothing behind it belongs to the answer. */
  get ended(): boolean {
    return this.#finder.found;
  }

  push(id: number) {
    this.#add(this.#finder.push(this.#decoder.push(id)));
  }

  /** Adds what was held back, when no more is to come. */
  end() {
    this.#add(this.#finder.push(this.#decoder.end()) + this.#finder.end());
  }

  /** Throws a Refusal `again` when the answer is not the one that was shown. */
  #add(piece: string) {
    const before = Math.max(this.text.length, this.shown.length);
    this.text += piece;
    const common = Math.min(this.text.length, this.shown.length);
    if (this.text.slice(0, common) !== this.shown.slice(0, common))
      throw new Refusal(
        'again',
        'The answer began with other words before the kernels were checked than after it: one of them computes something else when it runs again',
      );
    const fresh = this.text.slice(before);
    if (fresh) this.tell(fresh);
  }
}
