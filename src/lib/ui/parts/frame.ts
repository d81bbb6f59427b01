/** Whether another site shows this page inside its own. */

/**
 * True in a frame: there the page around it decides what lies under the pointer, so a click is no consent. Static hosts cannot
 * forbid frames, because that takes a header.
 */
export const isFramed = (): boolean => typeof window !== 'undefined' && window.top !== window.self;
