/** A static host serves each page under its file's name too: /lab/index.html is /lab/, and /lab/selftest.html is /lab/selftest. */
import type { Reroute } from '@sveltejs/kit';

export const reroute: Reroute = ({ url }) => url.pathname.replace(/(^|\/)index\.html$|\.html$/, '$1');
