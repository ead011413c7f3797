import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/**
 * What people set for their own machines, engines and clouds, and terminals. The tests are about what they set
 * themselves: `process.env` goes into programs that they start and into stores that they open, and a DOCKER_HOST in it
 * would be asked, a credential used, a colour printed.
 */
const users = [
  /^(DOCKER|COMPOSE|BUILDX|BUILDKIT|MACHINE)_/,
  // Options of drivers and engines have variables of these names; those of clouds are credentials, too.
  /^(AWS|DIGITALOCEAN|GENERIC|NSPAWN|QEMU|VIRTUALBOX|NONE|SIMULATED|SHELF|VPS|ENGINE|SWARM)_/,
  /^(VBOX|OTEL_|XDG_|SSH_|LC_)/,
  /^(TRACEPARENT|TRACESTATE|LANG|LANGUAGE|TZ|CI|NO_COLOR|FORCE_COLOR|CLICOLOR.*|COLORTERM|COLUMNS|LINES|EDITOR|VISUAL)$/,
  // What a hook is told; how long and where tests work (CONTRIBUTING.md, `scripts/`) stays as it was asked for.
  /^MACHINIST_(?!LAB_|FUZZ|FAULT_|KILLS|LONG|SWARM_KILLS|DIGITALOCEAN_DOCUMENT|PACKAGES|MEMORY_FILE|ORIGINAL|GO$)/,
];

for (const name of Object.keys(process.env)) if (users.some((pattern) => pattern.test(name))) delete process.env[name];
// Text is UTF-8 wherever the tests run: without a word, the C locale's ASCII would be meant.
process.env.LANG = "C.UTF-8";
// Credentials are looked for in the metadata service of a cloud's own machines, too: no test asks there.
process.env.AWS_EC2_METADATA_DISABLED = "true";

// ~/.docker, ~/.ssh and the like are read, and some tests write there: a user's are none of theirs.
const home = mkdtempSync(join(tmpdir(), "machinist-home-"));
process.env.HOME = home;
process.env.USERPROFILE = home;
afterAll(() => rmSync(home, { recursive: true, force: true }));
