import { fetchFromDebian } from "./from-debian.ts";

/** A static busybox from Debian's package, unpacked below `folder`; every image of these tests is made of it. */
export const fetchBusybox = (folder: string): Promise<string> =>
  fetchFromDebian("busybox-static", /(^|\/)bin\/busybox$/, folder);
