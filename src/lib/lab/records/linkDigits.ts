/**
 * A figure as a link holds it: nine digits. With six, which are more than any clock resolves, a cell opened from a link showed another last
 * digit than the cell that was sent once in some hundred figures, because a change of +1.249996 % became one of +1.25 %.
 */
export const linkDigits = (value: number): number => Number(value.toPrecision(9));
