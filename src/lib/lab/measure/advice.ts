/** Says which settings to lower when the GPU has no room or was lost. */
import { NoRoom } from '../../engine/buffers';
import { GpuLost } from '../../engine/device';
import { messageOf } from '../message';

/** Bytes on the GPU when it happened; undefined where no model was loaded. */
export interface Held {
  model: string;
  weights: number;
  /** Matrices that variants keep in layouts of their own, beside the weights. */
  layouts: number;
  /** State, activations and what variants need for a chunk. */
  besides: number;
}

/** The error's message; if there was no room or the GPU was lost, with what was on it and what can be lowered. */
export function explained(error: unknown, held: Held | undefined): string {
  const message = messageOf(error);
  if (!(error instanceof NoRoom || error instanceof GpuLost)) return message;
  return `${message.replace(/[.\s]+$/, '')}. ${whatToLower(held, error instanceof GpuLost)}`;
}

function whatToLower(held: Held | undefined, lost: boolean): string {
  const model = 'choose a smaller model, or one with fewer bits a weight';
  const again = lost ? ' The next run opens the GPU again.' : '';
  if (!held) return `${capital(model)}, or close what else uses the GPU.${again}`;
  const { weights, layouts, besides } = held;
  const parts = [
    `${gigabytes(weights)} of weights of ${held.model}`,
    layouts ? `${gigabytes(layouts)} of the same in layouts that variants keep` : '',
    `${gigabytes(besides)} of state and activations`,
  ].filter(Boolean);
  const layout = layouts ? 'choose variants without a layout of their own, ' : '';
  const slow = lost ? 'lower steps_per_submit, if one submit takes the GPU seconds, ' : '';
  return `On it were ${list(parts)}: lower the chunk, ${layout}${slow}or ${model}.${again}`;
}

const list = (parts: string[]) => `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
const capital = (text: string) => text[0].toUpperCase() + text.slice(1);
const gigabytes = (bytes: number) =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
