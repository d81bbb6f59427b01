// Test helper: opens what is folded.

/** Opens every fold of the page, and those that appear within one; runs in the page. */
export async function unfoldAll() {
  const closed = () => [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')];
  while (closed().length) {
    for (const fold of closed()) fold.open = true;
    await new Promise(requestAnimationFrame); // its content is made when it has been opened
  }
}
