/** Pages as they are written at build. PUBLIC_SITE, the address of the site with a slash at its end, makes the preview's address whole. */
import type { Handle } from '@sveltejs/kit';

const site = process.env.PUBLIC_SITE;

export const handle: Handle = ({ event, resolve }) =>
  resolve(event, {
    transformPageChunk: ({ html }) =>
      site ? html.replace(/content="[^"]*preview\.png"/, `content="${site}preview.png"`) : html,
  });
