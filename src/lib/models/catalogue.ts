/**
 * The published RWKV-7 G1 models as GGUF files: the one place where they are listed. Sizes and hashes are those of
 * RWKV-Runner's public list of May 2026; entries of that list whose hash and address belong to different files are left out.
 * The hub is asked for a size or a hash that is not known here, before a download.
 */
import { type Geometry } from '../engine/geometry';
import { SYNTHETIC } from '../engine/geometries';
import type { HubFile } from './names';

/** A file that can be named in settings. */
export interface Published {
  /** Model and quantisation; the model alone means its first entry: rwkv7-g1b-2.9b is rwkv7-g1b-2.9b-q4_k_m. */
  name: string;
  model: string;
  file: string;
  /** Its sources, in the order in which they are tried. */
  sources: HubFile[];
  bytes?: number;
  sha256?: string;
  geometry: Geometry;
  licence: string;
}

const LICENCE = 'Apache-2.0';

/** `bytes` 0 and an empty `sha256` stand for what is not known. */
function row(
  name: string,
  bytes: number,
  sha256: string,
  hubs: string,
  repository: string,
  path: string,
): Published {
  const model = name.replace(/-q\d\w*$/, '');
  const size = /-([\d.]+b)(-|$)/.exec(model)![1];
  const sources = hubs.split(' ').map((hub): HubFile => {
    return { hub: hub as HubFile['hub'], repository, path, revision: hub === 'ms' ? 'master' : 'main' };
  });
  return {
    name,
    model,
    file: path.split('/').at(-1)!,
    sources,
    bytes: bytes || undefined,
    sha256: /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined,
    geometry: SYNTHETIC[`synthetic-${size}`],
    licence: LICENCE,
  };
}

// prettier-ignore
export const CATALOGUE: readonly Published[] = [
  row('rwkv7-g1-0.1b-q8_0', 212_371_712, 'a86b93d4dc1f51ee4075474d6478e90fb03992d849587ff57f895a4d921b5a96', 'hf', 'mollysama/rwkv-mobile-models', 'gguf/rwkv7-g1-0.1b-20250307-ctx4096_Q8_0.gguf'),
  row('rwkv7-g1a-0.1b-q8_0', 212_372_928, 'c749886de6ca07ffc31965895699ed1cc3e7e785873dde4de99371c78ca6d4af', 'hf ms', 'shoumenchougou/RWKV7-G1a-0.1B-GGUF', 'rwkv7-g1a-0.1b-Q8_0.gguf'),
  row('rwkv7-g1d-0.1b-q8_0', 212_372_928, '06a6a64aa08c9ee74db783d46c903aeabcb5070b7d82a9dca7bf475485d7c00b', 'hf ms', 'shoumenchougou/RWKV7-G1d-0.1B-GGUF', 'rwkv7-g1d-0.1b-Q8_0.gguf'),
  row('rwkv7-g1-0.4b-q8_0', 501_496_768, '806035f26ae3d496ead0b865310f58dbe22636c41aed95f5fd371d3b08c9054b', 'hf', 'mollysama/rwkv-mobile-models', 'gguf/rwkv7-g1-0.4b-20250324-ctx4096_Q8_0.gguf'),
  row('rwkv7-g1a-0.4b-q8_0', 501_498_016, '0ba3bcbb7603f5513de4343eb035325d6db8f5188d965f018b3d6c433bab4b48', 'hf ms', 'shoumenchougou/RWKV7-G1a-0.4B-GGUF', 'rwkv7-g1a-0.4b-Q8_0.gguf'),
  row('rwkv7-g1d-0.4b-q8_0', 501_498_016, '3220739f87b89b020ef3a20109afecad8cfff57f25c657abf880c8bcb175e36a', 'hf ms', 'shoumenchougou/RWKV7-G1d-0.4B-GGUF', 'rwkv7-g1d-0.4b-Q8_0.gguf'),
  row('rwkv7-g1-1.5b-q6_k', 1_336_081_344, '9493ada6457372d85fee11720e7ea1e45f97921e0011d389993d5b272c248073', 'hf', 'mollysama/rwkv-mobile-models', 'gguf/rwkv7-g1-1.5b-20250429-ctx4096-Q6_K.gguf'),
  row('rwkv7-g1-1.5b-lonely-neko-q6_k', 1_336_081_344, '5fd5f61af898a568f5a174de4f8b826d1195f53d7903bea329e5780eaed27791', 'hf', 'mollysama/rwkv-mobile-models', 'gguf/rwkv7-g1-1.5b-Lonely-Neko-Q6_K.gguf'),
  row('rwkv7-g1b-1.5b-q8_0', 1_693_647_008, 'b6c0516e340a26611b927fd6cf12ce06fbf9108e047712dc763ed8f61450e0a7', 'hf ms', 'shoumenchougou/RWKV7-G1b-1.5B-GGUF', 'rwkv7-g1b-1.5b-Q8_0.gguf'),
  row('rwkv7-g1d-1.5b-q8_0', 1_693_647_008, 'f2659f4c2606a41fb28f01c57a429d49d24e723a83e85ac6c540b5043929b3d8', 'hf ms', 'shoumenchougou/RWKV7-G1d-1.5B-GGUF', 'rwkv7-g1d-1.5b-Q8_0.gguf'),
  row('rwkv7-g1e-1.5b-q8_0', 1_693_647_008, 'e4bfd2079b0f753717eb220f50d415b342f4ed200eeada6268bc3e79b6f63377', 'hf ms', 'shoumenchougou/RWKV7-G1e-1.5B-GGUF', 'rwkv7-g1e-1.5b-Q8_0.gguf'),
  row('rwkv7-g1e-2.9b-q8_0', 2_352_304_128, '5229c2ea461be37055022432fe1b9aae8aa6f49d2dbc60d498be97cbab1710df', 'hf ms', 'shoumenchougou/RWKV7-G1e-2.9b-GGUF', 'rwkv7-g1e-2.9b-Q8_0.gguf'),
  row('rwkv7-g1-2.9b-q6_k', 2_567_852_800, '81b9d3b06f1a5955bbe6a6490967a11e67666e68236a96b788172241cb8d4476', 'hf', 'mollysama/rwkv-mobile-models', 'gguf/rwkv7-g1-2.9b-20250519-ctx4096-Q6_K.gguf'),
  row('rwkv7-g1b-2.9b-q4_k_m', 0, '', 'hf ms', 'shoumenchougou/RWKV7-G1b-2.9B-GGUF', 'rwkv7-g1b-2.9b-20251205-ctx8192-Q4_K_M.gguf'),
  row('rwkv7-g1b-2.9b-q8_0', 2_567_854_016, '3fb995e482709e861e4062388f9fbc35d282281509a774179a38c70391dd30bb', 'hf ms', 'shoumenchougou/RWKV7-G1b-2.9B-GGUF', 'rwkv7-g1b-2.9b-Q8_0.gguf'),
  row('rwkv7-g1c-2.9b-q8_0', 2_567_854_016, 'f214fd2f67296d374f1544767c6107e9409d9785fd597c6d357dbc52b410389c', 'hf ms', 'shoumenchougou/RWKV7-G1c-2.9B-GGUF', 'rwkv7-g1c-2.9b-Q8_0.gguf'),
  row('rwkv7-g1d-2.9b-q8_0', 3_258_603_456, '44a65a18eff972bfde7394d06640bca71d76fbd32306c10aae6b8064aa878927', 'hf ms', 'shoumenchougou/RWKV7-G1d-2.9B-GGUF', 'rwkv7-g1d-2.9b-Q8_0.gguf'),
  row('rwkv7-g0b-7.2b-q5_k_m', 5_349_226_432, '7797d2cc0862185ddc50e60eec3e47eec6dcb0c7602d1da0542d596cd84e7abe', 'hf ms', 'shoumenchougou/RWKV7-G0b-7.2B-GGUF', 'rwkv7-g0b-7.2b-Q5_K_M.gguf'),
  row('rwkv7-g1c-7.2b-q5_k_m', 5_349_226_432, '1b915ace95acc6bc5da2abd7698821b1881e2935e965d7d013b7b56d32a10146', 'hf ms', 'shoumenchougou/RWKV7-G1c-7.2B-GGUF', 'rwkv7-g1c-7.2b-Q5_K_M.gguf'),
  row('rwkv7-g1d-7.2b-q5_k_m', 5_349_226_432, '431c91a5183b465167fbca7bc16637f813e94de452e1dc1fc0c39dc55749519e', 'hf ms', 'shoumenchougou/RWKV7-G1d-7.2B-GGUF', 'rwkv7-g1d-7.2b-Q5_K_M.gguf'),
  row('rwkv7-g1e-7.2b-q5_k_m', 5_384_878_016, '60f9bed3a9f3e4500d0a544fc03058bed0a72a2fa12d6fb5803722256541deb6', 'hf ms', 'shoumenchougou/RWKV7-G1e-7.2B-GGUF', 'rwkv7-g1e-7.2b-Q5_K_M-better_quantization-20260319.gguf'),
  row('rwkv7-g1c-13.3b-q5_k_m', 9_956_835_264, 'ee9acf558e0b631fce2af8569db0c888327cf7ba9a2696d2658a3f217773da84', 'hf ms', 'shoumenchougou/RWKV7-G1c-13.3B-GGUF', 'rwkv7-g1c-13.3b-Q5_K_M.gguf'),
  row('rwkv7-g1d-13.3b-q5_k_m', 9_956_835_264, 'abe225eeb57748dcfeab7ad8da9c1a5b13b5a51291d41c3d2e97290d3d1730ba', 'hf ms', 'shoumenchougou/RWKV7-G1d-13.3B-GGUF', 'rwkv7-g1d-13.3b-Q5_K_M.gguf'),
  row('rwkv7-g1e-13.3b-q5_k_m', 9_992_486_848, 'd0ed9f4aa442d93c70f41a9544819cca5fc717eedf11c9cabfeb4d8d5ce4bfad', 'hf ms', 'shoumenchougou/RWKV7-G1e-13.3b-GGUF', 'rwkv7-g1e-13.3b-Q5_K_M-better_quantization-20260319.gguf'),
];

/** The name of the model that this lab is about: its figures are of this one. */
export const REFERENCE = 'rwkv7-g1b-2.9b-q4_k_m';

/** The entry of a name, of a model without its quantisation, or of a file. */
export function publishedNamed(name: string): Published | undefined {
  const wanted = name.toLowerCase();
  return CATALOGUE.find((each) => [each.name, each.model, each.file.toLowerCase()].includes(wanted));
}

/** The bytes of an entry: stated, or estimated from its geometry at the bits per weight of its type. */
export function aboutBytes({ bytes, name, geometry }: Published): number {
  if (bytes !== undefined) return bytes;
  const { layers, embedding, hidden, vocabulary, ranks } = geometry;
  const bits = name.includes('q4') ? 4.5 : name.includes('q5') ? 5.5 : name.includes('q6') ? 6.5625 : 8.5;
  const matrices = layers * (4 * embedding * embedding + 2 * embedding * hidden) + vocabulary * embedding;
  const low =
    layers * 2 * embedding * (4 * ranks.decay + 2 * (ranks.learningRate + ranks.value + ranks.gate));
  return Math.round(
    (matrices * bits + vocabulary * embedding * Math.max(bits, 6.5625)) / 8 +
      low +
      76 * layers * embedding +
      1.5e6,
  );
}
