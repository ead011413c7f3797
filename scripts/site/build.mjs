import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, posix } from "node:path";
import { Marked } from "marked";
import { gfmHeadingId } from "marked-gfm-heading-id";
import { frame } from "./frame.mjs";
import { sections } from "./sections.mjs";

/** @typedef {{ readonly path: string, readonly title: string, readonly section: string }} Page a source file of the site */

/**
 * Write the site of a clone into a folder.
 * @param {string} root of the clone
 * @param {string} folder
 */
export async function buildSite(root, folder) {
  const pages = pagesOf(root);
  const known = new Set(pages.map(({ path }) => path));
  rmSync(folder, { recursive: true, force: true });
  /** @type {Set<string>} */
  const files = new Set();
  for (const page of pages) {
    const target = join(folder, addressOf(page.path));
    mkdirSync(dirname(target), { recursive: true });
    const body = bodyOf(root, page.path, known, files);
    writeFileSync(target, frame({ page, pages, body, addressOf }));
  }
  for (const file of files) {
    const target = join(folder, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, file), target);
  }
  return { pages: pages.length, files: files.size };
}

/**
 * Where a page is in the site.
 * @param {string} path
 */
export const addressOf = (path) =>
  path === "README.md" ? "index.html" : path.replace(/README\.md$/, "index.html").replace(/\.md$/, ".html");

/**
 * @param {string} root
 * @returns {Page[]}
 */
function pagesOf(root) {
  return sections(root).flatMap(({ section, paths }) =>
    paths.map((path) => ({ path, section, title: titleOf(readFileSync(join(root, path), "utf8"), path) })),
  );
}

/**
 * @param {string} text
 * @param {string} path
 */
const titleOf = (text, path) => /^# (.+)$/m.exec(text)?.[1]?.replaceAll("`", "") ?? path;

/**
 * A page as HTML. Links to other pages lead to theirs; a file of the clone that is linked to, or shown, comes along.
 * @param {string} root
 * @param {string} path
 * @param {ReadonlySet<string>} known
 * @param {Set<string>} files
 */
function bodyOf(root, path, known, files) {
  const marked = new Marked(gfmHeadingId());
  marked.use({
    walkTokens(token) {
      if (token.type !== "link" && token.type !== "image") return;
      token.href = linkOf(token.href);
    },
  });
  return /** @type {string} */ (marked.parse(readFileSync(join(root, path), "utf8"), { async: false }));

  /** @param {string} href */
  function linkOf(href) {
    if (/^([a-z]+:|#)/i.test(href)) return href;
    const [target = "", anchor] = href.split("#");
    const to = posix.normalize(posix.join(posix.dirname(path), target));
    const asFile = join(root, to);
    if (!existsSync(asFile)) throw new Error(`${path} links to ${to}, which is not there`);
    const page = statSync(asFile).isDirectory() ? posix.join(to, "README.md") : to;
    if (known.has(page)) return relative(addressOf(page)) + (anchor === undefined ? "" : `#${anchor}`);
    // A folder without a page of its own: whoever is there reads its files.
    if (statSync(asFile).isDirectory()) {
      const [first] = readdirSync(asFile)
        .filter((name) => statSync(join(asFile, name)).isFile())
        .sort();
      if (first === undefined) throw new Error(`${path} links to ${to}, a folder with no files`);
      files.add(posix.join(to, first));
      return relative(posix.join(to, first));
    }
    files.add(to);
    return relative(to);
  }

  /** @param {string} to */
  function relative(to) {
    return posix.relative(posix.dirname(addressOf(path)), to);
  }
}
