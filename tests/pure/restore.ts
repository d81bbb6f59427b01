// Test setup: gives back the globals that a file's tests have replaced, because the files of a worker share them.
import { afterAll, vi } from 'vitest';

afterAll(() => void vi.unstubAllGlobals());
