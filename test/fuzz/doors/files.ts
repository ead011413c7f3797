import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readManifest } from "@machinist/manifest";
import { readDotEnv, VariableFailure } from "@machinist/values";
import { parseDockerignore } from "../../../packages/compose-runner/src/dockerignore.ts";
import { readProject } from "../../../packages/compose-runner/src/project.ts";
import { validateProject } from "../../../packages/compose-runner/src/validate.ts";
import { readKnownKeys } from "../../../packages/ssh/src/known-hosts.ts";
import type { Door } from "../door.ts";
import { mutated, mutatedText } from "../mutate.ts";

const folder = mkdtempSync(join(tmpdir(), "machinist-doors-"));
/** The text in a file of this name, for doors that open it themselves. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const close = () => rmSync(folder, { recursive: true, force: true });

const manifest = `name: demo
driver: nspawn
options: { release: trixie }
engine: { labels: &l { env: dev }, port: 2376 }
machines:
  manager: { swarm: manager }
  worker: { count: 2, swarm: { role: worker, labels: *l }, labels: { disk: "\${X:-ssd}" } }
hooks:
  - { on: machine.ready, run: ["echo", "$NAME"] }
`;
const manifestData = {
  machines: { web: { count: 2, options: { a: [1, null] }, engine: { dns: ["1.1.1.1"] } } },
  swarm: { autolock: true },
};

export const manifests: Door = {
  name: "manifests",
  part: 3,
  input: (random) =>
    random.chance(0.6)
      ? { name: "m.yaml", text: mutatedText(manifest, random) }
      : { name: "m.json", text: JSON.stringify(mutated(manifestData, random)) ?? "" },
  async take(input) {
    const { name, text } = input as { name: string; text: string };
    await readManifest([file(name, text)], { env: { X: "y" }, cwd: folder });
  },
  close,
};

const compose = `x-a: &a { image: web, restart: always }
services:
  web:
    <<: *a
    build: { context: ./app, dockerfile: D, additional_contexts: { lib: ./lib } }
    env_file: [web.env, { path: maybe.env, required: false }]
    volumes: ["./conf:/etc/conf:ro", "data:/data", { type: bind, source: ./one.txt, target: /one.txt }]
    extends: { service: db }
    deploy: { replicas: 2 }
    depends_on: { db: { condition: service_healthy } }
    profiles: [x]
    secrets: [s]
  db: { image: "\${IMAGE:-pg}", environment: { A: b } }
secrets: { s: { file: "./\${SECRET:-secret}.txt" }, e: { environment: E } }
configs: { c: { file: ./c } }
volumes: { data: {} }
networks: { n: { external: true } }
`;

export const composes: Door = {
  name: "compose files",
  part: 4,
  input: (random) => mutatedText(compose, random),
  async take(input) {
    const path = file("compose.yaml", input as string);
    validateProject(await readProject({ files: [path] }, { IMAGE: "x" }), path);
  },
};

const lines = `A=1
export B="two\\n\${A}"
# no
C='x' # y
D=\${A:-\${B}} $$ \\t
*.log
!keep/[a-z]*.log
**/node_modules
`;

export const lists: Door = {
  name: "env files and .dockerignore",
  part: 4,
  input: (random) => mutatedText(lines, random),
  take(input) {
    const { names, lookup } = readDotEnv(input as string, () => undefined, { unset: () => "", loneDollar: true });
    for (const name of names) {
      try {
        lookup(name);
      } catch (thrown) {
        if (!(thrown instanceof VariableFailure)) throw thrown;
      }
    }
    const { ignored } = parseDockerignore(input as string);
    ignored("a/b/c.log");
  },
};

const knownHosts = `# comment
192.0.2.7 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGQw
[box.example]:2222,*.box.example,!no.example ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB
@revoked * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGQw
|1|c2FsdA==|aGFzaA== ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=
@cert-authority *.x ssh-ed25519 AAAA
`;

export const hosts: Door = {
  name: "known_hosts",
  part: 4,
  input: (random) => mutatedText(knownHosts, random),
  take: (input) => readKnownKeys(file("known_hosts", input as string), "box.example", 2222),
};
