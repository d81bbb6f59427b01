// The memory in which pieces of a download wait: what was kept comes back whole, and later pieces need no new memory.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PieceMemory } from '../../src/lib/models/pieceMemory';

test('what was kept comes back in order, once, whatever was kept before', () => {
  const chunk = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.array(chunk, { maxLength: 6 }), { maxLength: 6 }), (pieces) => {
      const memory = new PieceMemory();
      for (const chunks of pieces) {
        for (const bytes of chunks) memory.hold(bytes, 8);
        expect([...memory.release()]).toEqual(chunks.flatMap((bytes) => [...bytes]));
        expect(memory.release().byteLength).toBe(0);
      }
    }),
  );
});

test('memory is made for the first piece and used again for the next, and so is that of a chunk', () => {
  const memory = new PieceMemory();
  const piece = new Uint8Array(2 ** 20).fill(7);
  const buffers = Array.from({ length: 3 }, () => {
    for (let i = 0; i < 4; i++) memory.hold(piece, 4 * piece.byteLength);
    return memory.release().buffer;
  });
  expect(new Set(buffers).size).toBe(1);
  expect(buffers[0].byteLength).toBe(4 * piece.byteLength);

  const filled = memory.chunkToFill();
  expect(memory.chunkToFill().buffer).toBe(filled.buffer);
  structuredClone(filled, { transfer: [filled.buffer] }); // a read that never ends keeps what it was given
  expect(memory.chunkToFill().byteLength).toBe(2 ** 20);
});
