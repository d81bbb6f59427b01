// Prints the adapter that Dawn finds in Node, as one line of JSON. A process of its own, since a bad driver may crash it.
import { tmpdir } from 'node:os';
import { create } from 'webgpu';

process.env.XDG_RUNTIME_DIR ??= tmpdir();
const gpu = create((process.env.LAB_DAWN_FLAGS ?? '').split(' ').filter(Boolean));
const adapter = await gpu.requestAdapter();
const { vendor = '', architecture = '', description = '' } = adapter?.info ?? {};
console.log(
  JSON.stringify(
    adapter && {
      name: [vendor, architecture, description].filter(Boolean).join(' '),
      features: [...adapter.features],
    },
  ),
);
