// Prints the results of cells on stdout as CSV, settings or text, one block per cell.
import type { LabEvent } from '../src/lib/lab/cells/events';
import { comparisonToCsv } from '../src/lib/lab/records/comparison';
import { peaksToCsv } from '../src/lib/lab/measure/peaks';
import { toCsv } from '../src/lib/lab/records/runsCsv';
import { profileToCsv } from '../src/lib/lab/records/profile';
import type { Generation } from '../src/lib/lab/text/generate';
import { print } from './host';

/** A prompt and its continuation; or a turn of a conversation, with what was measured. */
function generationToText({ prompt, text, ...made }: Generation): string {
  if (!made.turn) return `${prompt}${text}\n`;
  const decode = made.decodeTokensPerSecond?.toPrecision(4) ?? '-';
  const speeds =
    `# turn ${made.turn}: prefill ${made.promptTokens} tokens at ${made.prefillTokensPerSecond.toPrecision(4)} tokens/s, ` +
    `decode ${made.ids.length} tokens at ${decode} tokens/s`;
  return `User: ${prompt}\n\nAssistant:${made.opening}${text.trimEnd()}\n\n${speeds}\n\n`;
}

/** Prints the results of successive cells, each kind of result in its own format. */
export class ResultPrinter {
  /** The heading for the next result; undefined once it is printed. */
  #heading: string | undefined;
  #printed = 0;
  #records = 0;

  /** Begins the block of a cell. The heading is printed with its first result, so a cell without results is silent. */
  begin(heading: string): void {
    this.#heading = heading;
  }

  /** Prints the event's result, if it has one. */
  take(event: LabEvent): void {
    const text = this.#textOf(event);
    if (text !== undefined) this.#print(text);
  }

  #textOf(event: LabEvent): string | undefined {
    switch (event.type) {
      case 'record':
        if (this.#heading !== undefined) this.#records = 0;
        return toCsv([event.record], this.#records++ === 0);
      case 'compared':
        return comparisonToCsv(event.compared);
      case 'profiled':
        return `# settings: ${event.profile.settings}\n${profileToCsv(event.profile)}`;
      case 'peaks':
        return peaksToCsv(event.peaks);
      case 'tuned':
        return `${event.tuned.settings}\n`;
      case 'generated':
        return generationToText(event.generation);
      // No results, or parts of one that follows whole.
      case 'adapter':
      case 'no-adapter':
      case 'progress':
      case 'planned':
      case 'tuning':
      case 'text':
      case 'failed':
      case 'finished':
        return undefined;
      default:
        return event satisfies never;
    }
  }

  #print(text: string): void {
    if (this.#heading !== undefined) print(`${this.#printed > 0 ? '\n' : ''}# ${this.#heading}\n`);
    this.#heading = undefined;
    this.#printed++;
    print(text);
  }
}
