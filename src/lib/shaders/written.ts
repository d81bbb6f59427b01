/**
 * How variants write out their loops. The built page has a stub of this module (vite.config.ts), because its variants have only
 * heads and so no loops; sources.ts and the worker use the real one.
 */
export { writeOut } from './unroll';
