import { posix } from "node:path";

/** @typedef {import("./build.mjs").Page} Page */

/** Everything a page needs is in it: it works from the disk, below any path, and asks nobody for anything. */
const style = `
:root { color-scheme: light dark; --text: #1c1f23; --soft: #59636e; --back: #fff; --side: #f6f7f9; --line: #d9dee4; --link: #0b5fb0; --code: #f1f3f5 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e8ec; --soft: #9aa5b1; --back: #14171a; --side: #1a1e22; --line: #2d343b; --link: #6cb2f7; --code: #22272d }
}
* { box-sizing: border-box }
body { margin: 0; color: var(--text); background: var(--back); font: 16px/1.6 system-ui, sans-serif; display: grid; grid-template-columns: 16rem minmax(0, 1fr) }
nav { background: var(--side); border-right: 1px solid var(--line); padding: 1rem; height: 100vh; overflow-y: auto; position: sticky; top: 0; font-size: .9rem }
nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .05em; color: var(--soft); margin: 1.2rem 0 .3rem }
nav a { display: block; padding: .1rem 0; color: inherit; text-decoration: none }
nav a[aria-current] { color: var(--link); font-weight: 600 }
nav a:hover { text-decoration: underline }
main { padding: 1.5rem 2.5rem 4rem; max-width: 62rem; min-width: 0 }
a { color: var(--link) }
h1, h2, h3 { line-height: 1.25 }
h2 { border-bottom: 1px solid var(--line); padding-bottom: .25rem; margin-top: 2.2rem }
code { background: var(--code); border-radius: 4px; padding: .1em .3em; font: .88em ui-monospace, monospace }
pre { background: var(--code); border-radius: 6px; padding: .9rem 1rem; overflow-x: auto }
pre code { background: none; padding: 0 }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top }
img { max-width: 100% }
@media (max-width: 50rem) { body { display: block } nav { height: auto; position: static; border-right: 0; border-bottom: 1px solid var(--line) } main { padding: 1rem } }
`;

/**
 * A page around its text.
 * @param {{ page: Page, pages: readonly Page[], body: string, addressOf: (path: string) => string }} given
 */
export function frame({ page, pages, body, addressOf }) {
  const here = addressOf(page.path);
  const to = (/** @type {string} */ path) => posix.relative(posix.dirname(here), addressOf(path));
  /** @type {Map<string, Page[]>} */
  const sections = new Map();
  for (const each of pages) sections.set(each.section, [...(sections.get(each.section) ?? []), each]);
  const navigation = [...sections].map(([section, of]) => {
    const links = of.map((each) => {
      const current = each.path === page.path ? ' aria-current="page"' : "";
      return `<a href="${to(each.path)}"${current}>${escaped(shortTitle(each))}</a>`;
    });
    return `<h2>${escaped(section)}</h2>\n${links.join("\n")}`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(page.title)}${page.path === "README.md" ? "" : " - machinist"}</title>
<style>${style}</style>
</head>
<body>
<nav aria-label="Pages">
${navigation.join("\n")}
</nav>
<main>
${body}</main>
</body>
</html>
`;
}

/** @param {Page} page */
const shortTitle = ({ title, path }) =>
  path.startsWith("packages/") ? title.replace("@machinist/", "") : title.replace(/^machines\.yaml: /, "");

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
