/** The values of `sizes.epilogue`: the operation that a matrix product applies to a finished sum (epilogue.wgsl). */
export const EPILOGUE = {
  /** out = sum */
  store: 0,
  /** out = out + sum: the residual */
  add: 1,
  /** out = max(sum, 0)²: channel mix */
  reluSquared: 2,
} as const;

/** The value to store for a finished sum and what was there before. */
export function finish(epilogue: number, sum: number, before: number): number {
  switch (epilogue) {
    case EPILOGUE.add:
      return before + sum;
    case EPILOGUE.reluSquared:
      return Math.max(sum, 0) ** 2;
    default:
      return sum;
  }
}
