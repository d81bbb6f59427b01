// Test helper: Safari's own WGSL compiler, built from WebKit's sources (scripts/webkit), and the shipped texts that it has to accept.
import { describe, expect, test } from 'vitest';
import { jobOf, type Job, translate, type Translation } from '../../scripts/webkit/translate';
import { unsupportedReason } from '../../src/lib/engine/supported';
import { variants } from '../../src/lib/shaders';
import { knobSettings, type Variant, withKnobs } from '../../src/lib/shaders/variant';
import { offeredBy, SAFARI } from '../profiles/profile';
import { Accepted } from './accepted';

export const program = process.env.LAB_WEBKIT ?? '';
const lacks = `Safari's compiler, which lacks ${process.env.LAB_WEBKIT_LACKS ?? 'a build: npm run webkit makes one'}`;
const accepted = program ? new Accepted(program) : undefined;
export const offered = offeredBy(SAFARI);
export const labelOf = ({ kernel, name }: Variant) => `${kernel}/${name}`;

/** Every setting of a variant's knobs that the page would run in Safari. */
const possible = (variant: Variant): Variant[] =>
  [...knobSettings(variant)]
    .map((knobs) => withKnobs(variant, knobs))
    .filter((setting) => !unsupportedReason(setting, offered));

/** The refusals of texts, each with the first words of its text. Texts that this compiler has accepted before are not translated again. */
export function refusals(jobs: Job[]): string[] {
  const others = jobs.filter((job) => !accepted!.has(job));
  const translated: Translation[] = translate(program, others);
  accepted!.add(others.filter((_, at) => translated[at].refused === undefined));
  return translated.flatMap(({ refused }, at) =>
    refused === undefined ? [] : [`${refused} in: ${others[at].wgsl.slice(0, 2000)}`],
  );
}

// Without it, one test of a file says so, and no other exists.
export const describeCompiler = program ? describe : () => undefined;
if (!program) test('there is a compiler', ({ skip }) => skip(lacks));

/** Defines a test for each of these variants: every setting is accepted, or the variant skipped by the reason that the page would give. */
export function testVariants(which: (variant: Variant) => boolean) {
  describeCompiler('accepts every setting of', () => {
    test.for(variants.filter(which).map((variant) => ({ label: labelOf(variant), variant })))(
      '$label',
      ({ label, variant }, { skip }) => {
        const settings = possible(variant);
        if (settings.length === 0) skip(`${label} ${unsupportedReason(variant, offered)}`);
        const texts = new Map(settings.map((setting) => [setting.wgsl, jobOf(setting)]));
        expect(refusals([...texts.values()])).toEqual([]);
      },
    );
  });
}
