/** llama.cpp's answer of the demo model, with its weights dequantised: a part of tests/fixtures/golden.json, as tests/pure/selftest.test.ts checks. */
export const DEMO_ANSWER = {
  prompt: 'It is a truth universally acknowledged, that',
  ids: [506, 281, 261, 998, 3765, 1756, 1689, 45, 271],
  /** The highest logits after the prompt, by token. */
  top: [
    [267, 7.144789],
    [257, 6.69874],
    [329, 6.338592],
    [270, 6.317873],
    [334, 6.245605],
  ],
  /** The tokens that follow, each the best. Each leads the second best by more than 0.07. */
  greedy: [267, 281, 268, 261, 376, 259, 804, 308, 951, 45, 260, 271, 276, 281, 268, 261],
  text: ' it is not a man of sense or taste, and that he is not a',
};
