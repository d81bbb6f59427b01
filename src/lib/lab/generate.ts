/** A prompt and its continuation, as a cell asks for them. */

/** What a generate cell came to. Plain data. */
export interface Generation {
  /** Settings of the model and its kernels. */
  settings: string;
  prompt: string;
  /** Of the prompt; an empty one is the token that starts a text. */
  promptTokens: number;
  text: string;
  /** The tokens that follow the prompt. */
  ids: number[];
  /** 0: greedy. */
  temperature: number;
  topP: number;
  seed: number;
  /** Wall seconds: the prompt until its last token's logits were there, and all that followed the first token. */
  prefillSeconds: number;
  decodeSeconds: number;
  prefillTokensPerSecond: number;
  /** Undefined where fewer than two tokens were made. */
  decodeTokensPerSecond: number | undefined;
  end: 'length' | 'end of text' | 'stopped';
  adapter: string;
  software: boolean;
  /** ISO 8601, UTC. */
  startedAt: string;
  agent: string;
}
