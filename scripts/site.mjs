/**
 * `pnpm run site`: the documentation as static pages in a folder, to be put on any web server or opened from the disk.
 * `pnpm run site FOLDER`; default: .work/site. What was in the folder is replaced.
 */
import { resolve } from "node:path";
import { root, say, script, workDir } from "./setup/clone.mjs";
import { buildSite } from "./site/build.mjs";

await script(async () => {
  const folder = resolve(process.argv[2] ?? `${workDir}/site`);
  const { pages, files } = await buildSite(root, folder);
  say(`${folder}: ${pages} pages, ${files} other files. Open ${folder}/index.html`);
  return 0;
});
