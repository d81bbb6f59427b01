/** Keeps in view what was in view before a reload: the cells are read from the store after the browser has gone back to its place. */
import { ownName } from '../../models/site';

const KEY = 'place';
/** Pixels at the top that the header covers. */
const HEADER = 64;

const cells = () => [...document.querySelectorAll<HTMLElement>('[data-id]')];
const topOf = (cell: Element) => cell.getBoundingClientRect().top;

/** Notes the first cell in view and its place in the window. */
export function keepPlace() {
  const seen = cells().find((cell) => cell.getBoundingClientRect().bottom > HEADER);
  try {
    const place = seen && scrollY > 0 ? JSON.stringify([seen.dataset.id, topOf(seen)]) : '[]';
    sessionStorage.setItem(ownName(KEY), place);
  } catch {
    // The page begins at its top if storage is blocked.
  }
}

/** Scrolls so that the noted cell is at its place again; does nothing in another notebook. */
export function returnToPlace() {
  try {
    const [id, top] = JSON.parse(sessionStorage.getItem(ownName(KEY)) ?? '[]') as [string?, number?];
    const cell = cells().find(({ dataset }) => dataset.id === id);
    if (cell) scrollBy(0, topOf(cell) - Number(top));
  } catch {
    // The same.
  }
}
