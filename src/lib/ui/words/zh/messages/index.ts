/** All English messages of the lab in Chinese. A test compares them with the sources. More special sentences come first. */
import checks from './checks';
import gguf from './gguf';
import gpu from './gpu';
import kernels from './kernels';
import models from './models';
import notebooks from './notebooks';
import results from './results';
import settings from './settings';
import shaders from './shaders';
import type { Sentences } from '../../told';

export default [
  ...kernels,
  ...gpu,
  ...settings,
  ...notebooks,
  ...gguf,
  ...models,
  ...checks,
  ...shaders,
  ...results,
] satisfies Sentences;
