/** The meaning of each warning, and what to do about it. Loaded when a result has a warning. */
import type { Warning } from '../../lab/records/record';

export default {
  software: 'A CPU emulates the GPU: use these figures to check correctness, never to compare speed.',
  hidden: 'The page was hidden while this was measured, which slows it: keep the tab in front and run again.',
  resumed: 'The computer slept while this was measured: run again.',
  battery: 'The computer ran on its battery, which may slow its GPU: plug it in and run again.',
  few: 'Fewer than five samples say little about the spread: set samples to 5 or more.',
  spread:
    'The samples vary by more than 5 %: close other programs that use the GPU, and raise warmup and samples.',
  ticks:
    'A sample lasted less than 100 ticks of the clock: set warmup to 1 or more, or raise prefill or decode.',
  cold: 'The timed samples had no warm-up: set warmup to 1 or more, unless the first run is what you want to measure.',
  warming: 'Later samples are faster than earlier ones: raise warmup.',
  drift:
    'Later samples are slower than earlier ones, as on a GPU that heats up: let it cool, and use a compare cell, whose runs are interleaved.',
  throttled:
    'Fixed work between the samples changed its speed by more than 3 %: the GPU changed its clock, or another program used it. Run again, or use a compare cell.',
  encode:
    'Encoding on the CPU takes more than half of a sample, so the GPU may wait for it: raise prefill or chunk to measure the GPU.',
  inexact:
    'A variant states an error above 1e-3: its speed is shown, but it gets no verdict and is not a result of tuning.',
  unused: 'A setting names a kernel or a shape that this model does not use; it had no effect.',
} satisfies Record<Warning, string> as Record<Warning, string>;
