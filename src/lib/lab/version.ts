/** The version of the lab, from package.json. Records and links carry it, so that a later lab knows which one wrote them. */

declare const __LAB_VERSION__: string;

/** For example "0.2.0". Both Vite configurations (page and terminal) put it in at build time. */
export const LAB_VERSION: string = __LAB_VERSION__;
