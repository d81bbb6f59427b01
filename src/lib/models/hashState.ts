/** The state of a SHA-256 between two parts of a download. */
import type { IHasher } from 'hash-wasm';
import type { Manifest } from './storage';

/** True if the hash could be set to the state of the stored bytes. */
export function restored(hash: IHasher, { have, hashing }: Manifest): boolean {
  if (!hashing || have === 0) return false;
  try {
    hash.load(fromBase64(hashing));
    return true;
  } catch {
    return false; // a state of another version of the library
  }
}

/** The state of a hash, as it is kept in a manifest. */
export const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
