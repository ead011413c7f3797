import { chmod, chown, copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Resource } from "@machinist/core";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { composeResourceTypes, OVERWRITE, planCompose } from "../src/index.ts";
import { fetchBusybox } from "./busybox.ts";
import { Hand } from "./calls.ts";
import { type DockerHosts, startDockerHosts } from "./docker-hosts.ts";
import { startLoginRegistry } from "./login-registry.ts";

const authIn = (config: string): string => /"auth":"([^"]+)"/.exec(config)![1]!;

describeUnless(unavailable(), "compose projects on a real host", () => {
  let lab: DockerHosts;
  let folder: string;
  const kinds = () => composeResourceTypes({ hosts: lab.pool, manager: async () => [] });
  const sh = (name: string, command: string) => lab.sh(name, command);
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    console.log(`${what}: ${Math.round(performance.now() - began)} ms`);
    return result;
  };
  const answer = async (name: string, port: number, path = "/") =>
    (await fetch(`http://${lab.address(name)}:${port}${path}`)).text();

  beforeAll(async () => {
    lab = await startDockerHosts(1);
    folder = lab.folder;
    const busybox = await fetchBusybox(folder);
    for (const project of ["web", "other"]) await mkdir(join(folder, project, "app"), { recursive: true });
    await mkdir(join(folder, "web", "www"));
    await mkdir(join(folder, "shared"));
    await copyFile(busybox, join(folder, "web", "app", "busybox"));
    await writeFile(
      join(folder, "web", "app", "Dockerfile"),
      'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","--install","-s","/bin"]\n',
    );
    await writeFile(join(folder, "web", "app", "junk.bin"), "x".repeat(1000));
    await writeFile(join(folder, "web", "app", ".dockerignore"), "*.bin\n");
    await writeFile(join(folder, "web", "www", "index.html"), "first");
    await writeFile(join(folder, "shared", "note.txt"), "from beside");
    await writeFile(join(folder, "web", ".env"), "PORT=8080\n");
    await writeFile(join(folder, "web", "app.env"), "GREETING=hello\n");
    await writeFile(
      join(folder, "web", "compose.yaml"),
      `services:
  web:
    build: ./app
    image: busybox-web
    command: ["httpd", "-f", "-p", "80", "-h", "/www"]
    env_file: app.env
    ports: ["\${PORT}:80"]
    volumes: ["./www:/www:ro", "../shared/note.txt:/www-note.txt:ro"]
  job:
    image: busybox-web
    depends_on: [web]
    env_file: app.env
    volumes: ["../shared:/shared:ro"]
    command: ["sh", "-c", "echo $$GREETING $$(cat /shared/note.txt)"]
`,
    );
  });
  afterAll(() => lab?.dispose());

  const plan = () =>
    planCompose({ name: "web", machine: "h1", files: [join(folder, "web", "compose.yaml")], steadyMs: 2000 });
  const hand = new Hand("e2e-1");

  it("runs a project with everything it refers to", async () => {
    const kind = kinds()["compose.project"]!;
    const resource = await plan();
    expect(await hand.read(kind, resource)).toBeUndefined();
    await timed("compose project", () => hand.create(kind, resource));
    expect(await answer("h1", 8080)).toBe("first");
    expect(await sh("h1", "docker logs web-job-1")).toBe("hello from beside");
    expect(
      await sh("h1", "stat -c %a /var/lib/machinist/compose/web; ls /var/lib/machinist/compose/web/project/web/app"),
    ).toBe("700\nDockerfile\nbusybox");
    const state = await timed("second read", () => hand.read(kind, resource));
    expect(kind.drift?.(state!, resource.props)).toEqual([]);
    expect(kind.ready?.(state!, resource.props)).toBe(true);
  });

  it("sees a stopped service, and changed files, and puts both right", async () => {
    const kind = kinds()["compose.project"]!;
    const before = await plan();
    // The image was built by compose, and its labels are those of the project.
    await sh("h1", "docker run --name stranger-failed busybox-web false || true");
    expect(kind.drift?.((await hand.read(kind, before))!, before.props)).toEqual([]);
    await sh("h1", "docker run -d --name stranger busybox-web sleep 1000; docker rm -f web-web-1");
    expect(kind.drift?.((await hand.read(kind, before))!, before.props)).toEqual(["services"]);
    await writeFile(join(folder, "web", "www", "second.html"), "second");
    await rm(join(folder, "web", "www", "index.html"));
    const after = await plan();
    expect(kind.drift?.((await hand.read(kind, after))!, after.props)).toEqual(["digest", "services"]);
    await hand.update(kind, after, ["digest"]);
    expect(await sh("h1", "docker rm -f stranger stranger-failed")).toContain("stranger");
    expect(await answer("h1", 8080, "/second.html")).toBe("second");
    expect(await sh("h1", "ls /var/lib/machinist/compose/web/project/web/www")).toBe("second.html");
  });

  it("shows what compose itself says of a failure, and finishes when tried again", async () => {
    const kind = kinds()["compose.project"]!;
    const dockerfile = join(folder, "other", "app", "Dockerfile");
    await writeFile(dockerfile, "FROM scratch\nCOPY nothing /\n");
    await writeFile(join(folder, "other", "compose.yaml"), "services:\n  a:\n    build: ./app\n");
    const spec = { name: "other", machine: "h1", files: [join(folder, "other", "compose.yaml")] };
    const broken = await planCompose(spec);
    await expect(kind.create(hand.call(broken))).rejects.toMatchObject({
      code: "compose.failed",
      message: expect.stringMatching(/nothing.*not found/),
    });
    const left = await kind.read({ ...hand.call(broken), state: undefined });
    expect(kind.drift?.(left, broken.props)).toContain("digest");
    await writeFile(dockerfile, 'FROM busybox-web\nCMD ["sleep","1000"]\n');
    const mended = await planCompose(spec);
    await hand.create(kind, mended);
    await hand.delete(kind, mended);
    expect(await hand.read(kind, mended)).toBeUndefined();
  });

  it("waits until a project is healthy, and runs a job to its end with a secret from the environment", async () => {
    await mkdir(join(folder, "order"));
    const write = (name: string, text: string) => writeFile(join(folder, "order", name), text);
    await write(
      "store.yaml",
      `services:
  store:
    image: busybox-web
    command: ["sh", "-c", "sleep 3; touch /ready; sleep 1000"]
    stop_grace_period: 0s
    healthcheck: { test: ["CMD", "test", "-e", "/ready"], interval: 1s, retries: 30 }
`,
    );
    const job = (command: string) => `services:
  tune:
    image: busybox-web
    secrets: [token]
    command: ["sh", "-c", "${command}"]
secrets: { token: { environment: TOKEN } }
`;
    await write("tune.yaml", job("sleep 1; cat /run/secrets/token; echo no such package; exit 3"));
    const env = { TOKEN: "quiet 7f3e91" };
    const kind = composeResourceTypes({ hosts: lab.pool, manager: async () => [], env })["compose.project"]!;
    const projectOf = (name: string, wait: "healthy" | "completed") =>
      planCompose({ name, machine: "h1", files: [join(folder, "order", `${name}.yaml`)], wait }, env);
    const store = await projectOf("store", "healthy");
    await timed("healthy", () => kind.create(hand.call(store)));
    expect(await sh("h1", "docker inspect -f '{{.State.Health.Status}}' store-store-1")).toBe("healthy");
    await expect(kind.create(hand.call(await projectOf("tune", "completed")))).rejects.toMatchObject({
      code: "compose.job-failed",
      message: "tune of tune ended with 3 on h1: (secret)no such package",
    });
    await write("tune.yaml", job("sleep 1; cat /run/secrets/token"));
    const mended = await projectOf("tune", "completed");
    await timed("completed", () => kind.create(hand.call(mended)));
    expect(await sh("h1", "docker logs tune-tune-1")).toBe("quiet 7f3e91");
    expect(await sh("h1", "grep -rl 7f3e91 /var/lib/machinist /etc /root 2>/dev/null || true")).toBe("");
    const seen = await hand.read(kind, mended);
    expect(kind.drift?.(seen!, mended.props)).toEqual([]);
    await kind.delete({ ...hand.call(mended), state: seen! });
    await kind.delete({ ...hand.call(store), state: {} });
    expect(await sh("h1", "ls /var/lib/machinist/compose")).toBe("web");
  });

  it("keeps what a container wrote, and brings a changed file to the containers that mount it", async () => {
    await mkdir(join(folder, "keep"));
    const write = (name: string, text: string) => writeFile(join(folder, "keep", name), text);
    const compose = (label: string) => `services:
  app:
    image: busybox-web
    command: ["sh", "-c", "test -s /acme.json || head -c 12 /dev/urandom | base64 > /acme.json; sleep 1000"]
    volumes: ["./acme.json:/acme.json"]
    secrets: [token]
    labels: { version: "${label}" }
    stop_grace_period: 0s
  other: { image: busybox-web, command: ["sleep", "1000"], stop_grace_period: 0s }
secrets: { token: { file: token.txt } }
`;
    await write("compose.yaml", compose("1"));
    await write("acme.json", "");
    await write("token.txt", "first");
    const kind = kinds()["compose.project"]!;
    const keep = () =>
      planCompose({ name: "keep", machine: "h1", files: [join(folder, "keep", "compose.yaml")], steadyMs: 1000 });
    await hand.create(kind, await keep());
    const read = (path: string) => sh("h1", `docker exec keep-app-1 cat ${path}`);
    const started = (name: string) => sh("h1", `docker inspect -f '{{.State.StartedAt}}' keep-${name}-1`);
    await expect.poll(() => read("/acme.json"), { timeout: 30_000 }).not.toBe("");
    const [issued, other] = [await read("/acme.json"), await started("other")];
    // A secret alone: compose sees no difference, and the container would keep the file that it was made with.
    await write("token.txt", "second");
    await hand.update(kind, await keep(), ["digest"]);
    expect(await read("/run/secrets/token")).toBe("second");
    expect(hand.logged.join("\n")).not.toContain("modified there");
    await write("compose.yaml", compose("2"));
    await write("acme.json", "mine");
    await write("token.txt", "third");
    const foreseen = async (resource: Resource, changed = ["digest"]) =>
      kind.planNotes?.({ ...hand.call(resource), state: hand.states[resource.id]!, changed });
    expect(await foreseen(await keep())).toEqual([
      "uploads to h1: compose.yaml, token.txt",
      "recreates app, which mounts token.txt",
      "keeps on h1, modified there since the last upload: acme.json",
    ]);
    await hand.update(kind, await keep(), ["digest"]);
    expect(await sh("h1", "docker inspect -f '{{.Config.Labels.version}}' keep-app-1")).toBe("2");
    expect(await read("/acme.json")).toBe(issued);
    expect(await started("other")).toBe(other);
    expect(hand.logged.filter((line) => line.includes("modified there since the last upload: acme.json"))).toHaveLength(
      1,
    );
    const mine = { ...(await keep()), props: { ...(await keep()).props, overwriteData: true } };
    expect(await foreseen(mine)).toEqual([
      "recreates app, which mounts acme.json",
      "overwrites on h1, modified there since the last upload: acme.json",
    ]);
    // For this once, as the manifest would say it for good.
    expect(await foreseen(await keep(), [OVERWRITE])).toEqual(await foreseen(mine));
    await hand.update(kind, await keep(), [OVERWRITE]);
    expect(await read("/acme.json")).toBe("mine");
    const resource = await keep();
    expect(kind.drift?.((await hand.read(kind, resource))!, resource.props)).toEqual([]);
    await hand.delete(kind, resource);
  });

  it("carries links, owners, permissions and this computer's own paths as they are", async () => {
    const at = (name: string) => join(folder, "as-is", name);
    await mkdir(at("app/real"), { recursive: true });
    await mkdir(at("data/empty"), { recursive: true });
    await writeFile(at("app/Dockerfile"), "FROM busybox-web\nCOPY . /app\n");
    await writeFile(at("app/real/file"), "in the link");
    await symlink("real", at("app/link"));
    await symlink("/etc/hostname", at("app/out"));
    await writeFile(at("token"), "private");
    await chmod(at("token"), 0o600);
    await chown(at("token"), 1000, 1000);
    await chown(at("data"), 1000, 1000);
    await chmod(at("data"), 0o777);
    await writeFile(at("data/two\nlines"), "odd");
    await writeFile(at("home.env"), "FROM_HOME=yes\n");
    await writeFile(at(".env"), 'DOMAIN=example.com\nHOST=app.${DOMAIN}\nCERT="one\ntwo"\nCOMPOSE_PROFILES=extra\n');
    await writeFile(
      at("compose.yaml"),
      `services:
  app:
    build: \${PWD}/app
    user: "1000:1000"
    env_file: [~/home.env]
    environment: { HOST: "\${HOST}", CERT: "\${CERT}", UNSET: "\${NOBODY_SET_THIS}" }
    volumes: ["\${PWD}/data:/data"]
    secrets: [token]
    stop_grace_period: 0s
    command: ["sh", "-c", "cat /app/link/file; readlink /app/out; cat /run/secrets/token; touch /data/written && ls /data; echo $$HOST $$CERT $$FROM_HOME; sleep 1000"]
  extra: { image: busybox-web, profiles: [extra], command: ["sleep", "1000"], stop_grace_period: 0s }
  none: { image: busybox-web, deploy: { replicas: "\${W:-0}" } }
secrets: { token: { file: ./token } }
`,
    );
    const env = { HOME: join(folder, "as-is") };
    const kind = composeResourceTypes({ hosts: lab.pool, manager: async () => [], env })["compose.project"]!;
    const resource = await planCompose(
      { name: "as-is", machine: "h1", files: [at("compose.yaml")], steadyMs: 1000 },
      env,
    );
    const state = await hand.create(kind, resource);
    expect(state).toMatchObject({
      wanted: [
        { name: "app", replicas: 1 },
        { name: "extra", replicas: 1 },
        { name: "none", replicas: 0 },
      ],
    });
    expect((await sh("h1", "docker logs as-is-app-1")).split("\n")).toEqual([
      "in the link/etc/hostname",
      "privateempty",
      "two?lines",
      "written",
      "app.example.com one two yes",
    ]);
    expect(hand.logged).toContain(
      'docker compose: The "NOBODY_SET_THIS" variable is not set. Defaulting to a blank string.',
    );
    expect(await sh("h1", "cd /var/lib/machinist/compose/as-is/project; stat -c '%a %u:%g %n' data token")).toBe(
      "777 1000:1000 data\n600 1000:1000 token",
    );
    expect(kind.drift?.((await hand.read(kind, resource))!, resource.props)).toEqual([]);
    await sh(
      "h1",
      "docker run -d --name scaled --label com.docker.compose.project=as-is --label com.docker.compose.service=extra --label com.docker.compose.config-hash=x busybox-web sleep 1000",
    );
    const scaled = (await hand.read(kind, resource))!;
    expect(kind.drift?.(scaled, resource.props)).toEqual(["services"]);
    expect(kind.previewUpdate?.({ state: scaled, props: resource.props, changed: [] }).notes).toEqual([
      "extra has 2 containers instead of 1",
    ]);
    await hand.delete(kind, resource);
  });

  it("pulls from a registry with this user's own login, of which nothing stays on the machine", async () => {
    const registry = await startLoginRegistry(lab, "h1", 5005);
    try {
      const image = `${registry.name}/team/app:1`;
      const login = registry.config();
      await sh(
        "h1",
        `mkdir /tmp/pushing && cd /tmp/pushing && printf '%s' '${login}' > config.json && docker tag busybox-web ${image} &&
        docker --config . push -q ${image} && docker rmi ${image} && rm -r /tmp/pushing`,
      );
      await mkdir(join(folder, "private"));
      const file = join(folder, "private", "compose.yaml");
      await writeFile(
        file,
        `services: { app: { image: "${image}", command: [sleep, "1000"], stop_grace_period: 0s } }\n`,
      );
      const up = async (config?: string) => {
        const env = { HOME: folder, PATH: "/usr/bin:/bin", ...(config ? { DOCKER_AUTH_CONFIG: config } : {}) };
        const kind = composeResourceTypes({ hosts: lab.pool, manager: async () => [], env })["compose.project"]!;
        const spec = { name: "private", machine: "h1", files: [file], steadyMs: 500 };
        const resource = await planCompose({ ...spec, ...(config ? { registries: [registry.name] } : {}) }, env);
        return { kind, resource, state: await kind.create(hand.call(resource)) };
      };
      const refused = {
        code: "compose.login-refused",
        message: expect.stringMatching(
          /^A registry refuses to give private on h1 its image: .*(basic auth|unauthorized)/,
        ),
        hint: expect.stringContaining(`docker login ${registry.name}`),
      };
      await expect(up()).rejects.toMatchObject({ ...refused, hint: expect.stringContaining("registries:") });
      const wrong = await up(registry.config("another-one")).catch((error) => error);
      expect(wrong).toMatchObject(refused);
      expect(`${wrong.message} ${wrong.hint} ${hand.logged.join("\n")}`).not.toContain("another-one");
      const { kind, resource, state } = await timed("pulled with a login", () => up(login));
      expect(state).toMatchObject({ services: [{ name: "app", state: "running" }] });
      const secrets = [registry.password, "another-one", ...[login, registry.config("another-one")].map(authIn)];
      const places = "/etc /home /root /run /tmp /var/lib/machinist /var/log";
      const search = secrets.map((secret) => `-e ${secret}`).join(" ");
      expect(
        await sh("h1", `grep -rlsF ${search} ${places} || true; ls -d /run/machinist-login.* 2>/dev/null || true`),
      ).toBe("");
      await kind.delete({ ...hand.call(resource), state });
    } finally {
      await registry.stop();
    }
  });

  it("calls ready only what lasts, and sees what crashes later", async () => {
    await mkdir(join(folder, "loop"));
    const file = join(folder, "loop", "compose.yaml");
    const compose = (seconds: number) =>
      writeFile(
        file,
        `services:\n  web:\n    image: busybox-web\n    restart: always\n    stop_grace_period: 0s\n    command: ["sh", "-c", "echo going down; sleep ${seconds}; exit 1"]\n`,
      );
    const kind = kinds()["compose.project"]!;
    const planned = () => planCompose({ name: "loop", machine: "h1", files: [file], steadyMs: 5000 });
    await compose(3);
    const failure = timed("crash loop seen", () => planned().then((resource) => kind.create(hand.call(resource))));
    await expect(failure).rejects.toMatchObject({
      code: "compose.crash-loop",
      message: expect.stringMatching(/^web of loop crashes again and again: \d+ restarts on h1: going down$/),
      hint: "See all of it: machinist ssh h1 sudo docker compose -p loop logs web",
    });
    await compose(9);
    const later = await planned();
    await hand.update(kind, later, ["digest"]);
    const look = async () => kind.drift?.((await hand.read(kind, later))!, later.props);
    await expect.poll(look, { timeout: 60_000 }).toEqual(["services"]);
    const { notes } = kind.previewUpdate!({ state: hand.states[later.id]!, props: later.props, changed: [] });
    expect(notes).toEqual([expect.stringMatching(/^web has crashed (once|\d times) since the last up$/)]);
    await hand.delete(kind, later);
  });

  it("never touches a project that someone else made", async () => {
    const kind = kinds()["compose.project"]!;
    const foreign = { ...hand.call(await plan()), owner: "someone-else" };
    expect(await kind.read({ ...foreign, state: undefined })).toBeUndefined();
    await expect(kind.create(foreign)).rejects.toMatchObject({ code: "compose.foreign" });
    await kind.delete({ ...foreign, state: hand.states["h1/compose:web"] });
    expect(await answer("h1", 8080, "/second.html")).toBe("second");
  });

  it("removes a project", async () => {
    const kind = kinds()["compose.project"]!;
    const resource = await plan();
    await timed("project removed", () => hand.delete(kind, resource));
    expect(await hand.read(kind, resource)).toBeUndefined();
    expect(
      await sh(
        "h1",
        "docker ps -aq; docker network ls -q --filter label=com.docker.compose.project; ls /var/lib/machinist/compose",
      ),
    ).toBe("");
    await hand.delete(kind, resource).catch((error: unknown) => expect(error).toBeUndefined());
  });
});
