/** Names of compared runs. Pure functions. */
import { valuesOf } from '../../lab/experiment/experiment';
import { knobOf, writtenSettings } from '../../lab/experiment/settings';

/** The default that a run without this key uses. Empty for knobs, whose defaults depend on the variant. */
const defaultOf = (key: string) => (knobOf(key) ? '' : `${key}=${valuesOf({}, key).join()}`);

/** Names each run by the settings in which the runs differ; a chunk of the whole prompt by its tokens. `same`: if in none. */
export function comparedNames(runs: readonly { settings: string }[], same: string): string[] {
  const texts = runs.map(({ settings }) => {
    const written = writtenSettings(settings);
    const own = Object.fromEntries(written.map(({ key, text }) => [key, text]));
    const [prompt] = written.find(({ key }) => key === 'prefill')?.values ?? valuesOf({}, 'prefill');
    return !own.chunk || own.chunk === 'chunk=prefill' ? { ...own, chunk: `chunk=${prompt}` } : own;
  });
  const keys = [...new Set(texts.flatMap((each) => Object.keys(each)))];
  const varying = keys.filter((key) => texts.some((each) => each[key] !== texts[0][key]));
  return texts.map(
    (each) =>
      varying
        .map((key) => each[key] ?? defaultOf(key))
        .filter(Boolean)
        .join(' ') || same,
  );
}
