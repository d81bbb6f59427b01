// Results of cells on stdout: CSV, settings or text, one block for each cell.
import type { LabEvent } from '../src/lib/lab/cells/events';
import { comparisonToCsv } from '../src/lib/lab/measure/compare';
import { peaksToCsv } from '../src/lib/lab/measure/peaks';
import { toCsv } from '../src/lib/lab/records/runsCsv';
import { profileToCsv } from '../src/lib/lab/records/profile';
import { print } from './host';

/** Writes the results of one cell after another, each kind of result in its own format. */
export class ResultPrinter {
  /** The line above the next result, until that result is printed. */
  #heading: string | undefined;
  #printed = 0;
  #records = 0;

  /** Begins the block of a cell: its heading is printed above its first result, a cell without results prints nothing. */
  begin(heading: string): void {
    this.#heading = heading;
  }

  /** Prints what an event holds of results; other events print nothing. */
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
        return `${event.generation.prompt}${event.generation.text}\n`;
      default:
        return undefined;
    }
  }

  #print(text: string): void {
    if (this.#heading !== undefined) print(`${this.#printed > 0 ? '\n' : ''}# ${this.#heading}\n`);
    this.#heading = undefined;
    this.#printed++;
    print(text);
  }
}
