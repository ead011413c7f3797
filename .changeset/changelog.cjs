/**
 * Changelogs for users: what changed, without the commits that git has anyway. Packages of ours that a package needs are
 * named in one line, and not where nobody can have had another version of them.
 */
const neverPublished = "0.0.0";

/** @type {import("@changesets/types").ChangelogFunctions} */
module.exports = {
  async getReleaseLine({ summary }) {
    const [first, ...rest] = summary.trim().split("\n");
    return [`- ${first}`, ...rest.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
  },

  async getDependencyReleaseLine(_changesets, updated) {
    const known = updated.filter(({ oldVersion }) => oldVersion !== neverPublished);
    if (known.length === 0) return "";
    return `- Needs ${known.map(({ name, newVersion }) => `${name} ${newVersion}`).join(", ")}.`;
  },
};
