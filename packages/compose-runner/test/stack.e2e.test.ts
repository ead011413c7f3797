import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Resource } from "@machinist/core";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { composeResourceTypes, planStack } from "../src/index.ts";
import { Hand } from "./calls.ts";
import { type SwarmLab, startSwarm } from "./swarm-lab.ts";

describeUnless(unavailable(), "stacks on a real Swarm", () => {
  let lab: SwarmLab;
  const hand = new Hand("e2e-1");
  const kind = (env: NodeJS.ProcessEnv = {}) =>
    composeResourceTypes({ hosts: lab.pool, manager: async () => ["h1"], env })["swarm.stack"]!;
  const sh = (command: string) => lab.sh("h1", command);

  beforeAll(async () => {
    lab = await startSwarm(1);
  });
  afterAll(() => lab?.dispose());

  /** Writes a stack's files into a folder of its own and plans it. */
  const planned = async (name: string, files: { [name: string]: string }, env: NodeJS.ProcessEnv = {}) => {
    await mkdir(join(lab.folder, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(lab.folder, name, file), text);
    const spec = { name, files: [join(lab.folder, name, "stack.yaml")], env: Object.keys(env), steadyMs: 2_500 };
    // What the docker of this computer says of them is another test's.
    return planStack(spec, lab.fleet, { ...env, MACHINIST_LOCAL_COMPOSE: "off" });
  };
  const drift = async (resource: Resource) => kind().drift?.((await hand.read(kind(), resource))!, resource.props);
  const service = (command: string, more = "") =>
    `{ image: busybox, command: ["sh", "-c", ${JSON.stringify(command)}], stop_grace_period: 0s${more === "" ? "" : `, ${more}`} }`;
  const inTask = (name: string, command: string) =>
    sh(`docker exec $(docker ps -q --filter label=com.docker.swarm.service.name=${name} | head -1) ${command}`);
  const objects = (name: string) =>
    sh(
      `for t in config secret; do docker $t ls --filter label=com.docker.stack.namespace=${name} --format "$t {{.Name}}"; done | sort`,
    );

  const rotated = (text: string) => ({
    "stack.yaml": `version: "3.8"
services: { web: ${service("sleep 1000", "configs: [page], secrets: [token], deploy: { replicas: 2 }")} }
configs: { page: { file: ./page.txt } }
secrets: { token: { file: ./token.txt } }
`,
    "page.txt": `page ${text}`,
    "token.txt": `hush-4c1f ${text}`,
  });

  it("brings a changed config and a rotated secret to the tasks, and leaves nothing of the old ones", async () => {
    await hand.create(kind(), await planned("rotate", rotated("one")));
    const resource = await planned("rotate", rotated("two"));
    expect(await drift(resource)).toEqual(["digest"]);
    await hand.update(kind(), resource, ["digest"]);
    expect(await inTask("rotate_web", "cat /page /run/secrets/token")).toBe("page twohush-4c1f two");
    expect((await objects("rotate")).replace(/-[0-9a-f]{12}/g, "-HASH")).toBe(
      "config rotate_page-HASH\nsecret rotate_token-HASH",
    );
    expect(
      await sh("grep -rl 'hush-4c1f' /var/lib/machinist /run/machinist-stacks /etc /root 2>/dev/null || true"),
    ).toBe("");
    expect(await drift(resource)).toEqual([]);
    const bare = await planned("rotate", { "stack.yaml": `services: { web: ${service("sleep 1000")} }\n` });
    await hand.update(kind(), bare, ["digest"]);
    expect(await objects("rotate")).toBe("");
    await hand.delete(kind(), bare);
    expect(await sh("docker config ls -q; docker secret ls -q; docker service ls -q")).toBe("");
  });

  it("takes over a stack whose configs and secrets docker named itself", async () => {
    const resource = await planned("former", rotated("one"));
    await sh("mkdir -p /tmp/former");
    for (const [name, text] of Object.entries(rotated("one")))
      await sh(`printf %s '${Buffer.from(text).toString("base64")}' | base64 -d > /tmp/former/${name}`);
    await sh("docker stack deploy -c /tmp/former/stack.yaml former");
    await sh(
      "echo old | docker config create --label machinist.stack=former --label machinist.owner=e2e-1 --label machinist.digest=old machinist-former-old -",
    );
    expect(await objects("former")).toBe("config former_page\nsecret former_token");
    expect(await drift(resource)).toEqual(["digest"]);
    const id = await sh("docker service inspect --format {{.ID}} former_web");
    await hand.update(kind(), resource, ["digest"]);
    expect(await sh("docker service inspect --format {{.ID}} former_web")).toBe(id);
    expect(await inTask("former_web", "cat /page /run/secrets/token")).toBe("page onehush-4c1f one");
    expect((await objects("former")).replace(/-[0-9a-f]{12}/g, "-HASH")).toBe(
      "config former_page-HASH\nsecret former_token-HASH",
    );
    await hand.delete(kind(), resource);
  });

  it("never renames what has a name of its own, and refuses to change it before anything is deployed", async () => {
    const text = (content: string, replicas: number) => ({
      "stack.yaml": `version: "3.8"
services: { web: ${service("sleep 1000", `configs: [page], secrets: [token], deploy: { replicas: ${replicas} }`)} }
configs: { page: { name: shared-page, file: ./page.txt } }
secrets: { token: { name: shared-token, file: ./token.txt } }
`,
      "page.txt": "page",
      "token.txt": content,
    });
    await hand.create(kind(), await planned("fixed", text("first", 1)));
    const changed = await planned("fixed", text("second", 2));
    const version = await sh("docker service inspect --format {{.Version.Index}} fixed_web");
    const call = { ...hand.call(changed), state: hand.states[changed.id], changed: ["digest"] };
    for (const work of [() => kind().check?.(call), () => kind().update?.(call)])
      await expect(work()).rejects.toMatchObject({
        code: "stack.fixed-name",
        message: expect.stringContaining("the secret shared-token is there with another content"),
      });
    expect(await sh("docker service inspect --format {{.Version.Index}} fixed_web")).toBe(version);
    const same = await planned("fixed", text("first", 2));
    expect(await hand.update(kind(), same, ["digest"])).toMatchObject({ services: [{ wanted: 2 }] });
    await hand.delete(kind(), same);
    expect(await objects("fixed")).toBe("");
  });

  it("says that an update was taken back, with the last words of what failed, and that the next plan would deploy it", async () => {
    // Only what fails while it is monitored is taken back; what does not fail is waited for as long.
    const text = (command: string, monitor = "60s") => ({
      "stack.yaml": `version: "3.8"
services: { web: ${service(command, `deploy: { update_config: { failure_action: rollback, monitor: ${monitor} }, restart_policy: { delay: 0s } }`)} }
`,
    });
    await hand.create(kind(), await planned("back", text("sleep 1000")));
    const broken = await planned("back", text("echo no such table; sleep 1; exit 3"));
    const call = { ...hand.call(broken), state: hand.states[broken.id], changed: ["digest"] };
    await expect(kind().update?.(call)).rejects.toMatchObject({
      code: "stack.rolled-back",
      message: expect.stringMatching(/^Swarm took the update of web of back back: .*\(3\)/),
      hint: expect.stringContaining("machinist ssh h1 sudo docker service logs back_web"),
    });
    expect(hand.logged).toContain("no such table");
    expect(await drift(broken)).toContain("digest");
    const mended = await planned("back", text("sleep 1001", "2s"));
    await hand.update(kind(), mended, ["digest"]);
    expect(await drift(mended)).toEqual([]);
    await hand.delete(kind(), mended);
  });

  it("says that an update was stopped", async () => {
    const text = (command: string) => ({
      "stack.yaml": `services: { web: ${service(command, "deploy: { update_config: { monitor: 60s }, restart_policy: { delay: 0s } }")} }\n`,
    });
    await hand.create(kind(), await planned("paused", text("sleep 1000")));
    const broken = await planned("paused", text("echo cannot start; exit 4"));
    await expect(
      kind().update?.({ ...hand.call(broken), state: hand.states[broken.id], changed: ["digest"] }),
    ).rejects.toMatchObject({ code: "stack.update-paused" });
    expect(hand.logged).toContain("cannot start");
    await hand.delete(kind(), broken);
  });

  it.each([
    [
      "a crash loop",
      "sleep 1; echo where is the database; exit 1",
      "busybox",
      /failed \d+ times: task: non-zero exit \(1\)/,
    ],
    [
      "an image that nobody has",
      "true",
      "127.0.0.1:9/nobody/has:1",
      /failed \d times: No such image: 127\.0\.0\.1:9\/nobody\/has:1/,
    ],
  ])("fails soon with %s", async (_what, command, image, words) => {
    const began = Date.now();
    const text = `services: { web: ${service(command, "deploy: { restart_policy: { delay: 1s } }").replace("busybox", image)} }\n`;
    const resource = await planned("loop", { "stack.yaml": text });
    await expect(kind().create(hand.call(resource))).rejects.toMatchObject({
      code: "stack.task-failed",
      message: expect.stringMatching(words),
    });
    console.log(`told after ${Date.now() - began} ms`);
    if (image === "busybox") expect(hand.logged).toContain("where is the database");
    await hand.delete(kind(), resource);
  });

  it("sees what somebody changed, and puts it right", async () => {
    const resource = await planned("drift", {
      "stack.yaml": `version: "3.8"
services:
  web: ${service("sleep 1000", "deploy: { replicas: 2 }")}
  api: ${service("sleep 1000")}
  late: ${service("sleep 12; test -e /tmp/x && sleep 1000; touch /tmp/x; exit 5", "deploy: { restart_policy: { delay: 1s } }")}
`,
    });
    const made = await hand.create(kind(), resource);
    expect(kind().drift?.(made, resource.props)).toEqual([]);
    await sh("docker service scale -d drift_web=0; docker service update -d --env-add A=b drift_api");
    await expect.poll(() => drift(resource)).toEqual(["service api", "service late", "service web"]);
    const state = (await hand.read(kind(), resource))!;
    const changed = kind().drift!(state, resource.props);
    expect(kind().previewUpdate?.({ state, props: resource.props, changed }).notes).toEqual([
      "api was changed by hand",
      "late failed since: task: non-zero exit (5)",
      "web was scaled to 0, and 2 were deployed",
    ]);
    await sh("docker service rm drift_late");
    expect(await drift(resource)).toContain("services");
    await hand.update(kind(), resource, ["service web"]);
    const after = await drift(resource);
    expect(after?.filter((each) => each !== "service late")).toEqual([]);
    expect(await sh("docker service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Env}}' drift_api")).toBe("[]");
    await hand.delete(kind(), resource);
  });

  it("takes a job that has ended for done", async () => {
    const text = `version: "3.9"\nservices: { job: ${service("echo done", "deploy: { mode: replicated-job, replicas: 2, restart_policy: { condition: on-failure } }")} }\n`;
    const resource = await planned("jobs", { "stack.yaml": text });
    expect(await hand.create(kind(), resource)).toMatchObject({ services: [{ name: "job", running: 2, wanted: 2 }] });
    expect(await drift(resource)).toEqual([]);
    await hand.delete(kind(), resource);
  });

  it("gives variables as compose would, and none of them to a file", async () => {
    const env = { DB_PASSWORD: "quiet $7f3e91\nline two" };
    const resource = await planned(
      "env",
      {
        "stack.yaml": `services:
  web: ${service("sleep 1000", 'environment: { HOST: "$HOST", CERT: "${CERT}", T: "$TABBED", PW: "$DB_PASSWORD", NONE: "$NOWHERE" }')}
`,
        ".env": 'DOMAIN=example.com\nHOST=app.${DOMAIN}\nCERT="one\ntwo"\nTABBED="x\\ty"\n',
      },
      env,
    );
    await hand.create(kind(env), resource);
    expect(await inTask("env_web", 'sh -c \'echo "$HOST"; echo "$CERT"; echo "$T"; echo "$PW"\'')).toBe(
      `app.example.com\none\ntwo\nx\ty\n${env.DB_PASSWORD}`,
    );
    expect(await sh("grep -rl 7f3e91 /var/lib/machinist /run/machinist-stacks /etc /root 2>/dev/null || true")).toBe(
      "",
    );
    expect(hand.logged).toContain("stack.yaml:2: the variable NOWHERE is not set, so there is nothing in its place");
    expect(JSON.stringify([resource, hand.states, hand.logged])).not.toContain("7f3e91");
    await hand.delete(kind(env), resource);
  });

  it("lets docker judge what is new before anything is done", async () => {
    const healthcheck = 'healthcheck: { test: ["CMD", "true"], start_interval: 1s }';
    const text = (more: string) => `version: "3.8"\nservices: { web: ${service("sleep 9", more)} }\n`;
    const resource = await planned("judged", { "stack.yaml": text(healthcheck) });
    await expect(kind().checkCreate?.(hand.call(resource))).rejects.toMatchObject({
      code: "stack.invalid",
      message: expect.stringContaining("Additional property start_interval is not allowed"),
    });
    expect(await sh("ls /run/machinist-stacks; docker service ls -q; docker config ls -q")).toBe("");
    await kind().checkCreate?.(hand.call(await planned("judged", { "stack.yaml": text("tty: true") })));
  });

  it.each([
    ["network", "networks: { front: { external: true } }", "networks: [front]"],
    ["config", "configs: { front: { external: true } }", "configs: [front]"],
    ["secret", "secrets: { front: { external: true } }", "secrets: [front]"],
  ])("is refused where an external %s is missing, before anything is made", async (type, top, use) => {
    const resource = await planned("outside", {
      "stack.yaml": `version: "3.8"\nservices: { web: ${service("sleep 9", use)} }\n${top}\n`,
    });
    await expect(kind().create(hand.call(resource))).rejects.toMatchObject({
      code: "stack.external-missing",
      message: expect.stringContaining(`the external ${type} front is not on the Swarm`),
    });
    expect(await sh("docker config ls -q; docker network ls -q --filter label=com.docker.stack.namespace")).toBe("");
  });
});

describeUnless(unavailable(), "the page on stacks", () => {
  const page =
    readFileSync(new URL("../../../docs/compose.md", import.meta.url), "utf8").split("\n## Stacks\n")[1] ?? "";
  let lab: SwarmLab;
  const hand = new Hand("e2e-3");
  const env = { DB_PASSWORD: "quiet" };
  const kind = () => composeResourceTypes({ hosts: lab.pool, manager: async () => ["h1"], env })["swarm.stack"]!;

  beforeAll(async () => {
    lab = await startSwarm(1);
  });
  afterAll(() => lab?.dispose());

  /** The files that the page shows under their names, and those that they name. */
  const planned = async (token: string) => {
    await mkdir(join(lab.folder, "web"), { recursive: true });
    const shown = [...page.matchAll(/^`(web\/[\w.-]+)`:\n\n```\w+\n(.*?)^```$/gms)];
    expect(shown.map(([, name]) => name)).toEqual(["web/stack.yaml", "web/.env"]);
    for (const [, name = "", text = ""] of shown)
      await writeFile(
        join(lab.folder, name),
        text.replace("    image: busybox\n", "    image: busybox\n    stop_grace_period: 0s\n"),
      );
    await writeFile(join(lab.folder, "web/page.html"), "hello");
    await writeFile(join(lab.folder, "web/token.txt"), token);
    const files = [join(lab.folder, "web/stack.yaml")];
    const spec = {
      name: "web",
      files,
      env: ["DB_PASSWORD"],
      steadyMs: 2_500,
    };
    return planStack(spec, lab.fleet, env);
  };

  it("shows how a secret is rotated, and what of what is done by hand a plan says", async () => {
    const inTask = (command: string) =>
      lab.sh(
        "h1",
        `docker exec $(docker ps -q --filter label=com.docker.swarm.service.name=web_web | head -1) ${command}`,
      );
    await hand.create(kind(), await planned("old"));
    expect(await inTask("sh -c 'echo $URL $DB'")).toBe("https://app.example.com quiet");
    const resource = await planned("new");
    await hand.update(kind(), resource, ["digest"]);
    expect(await inTask("cat /run/secrets/token")).toBe("new");
    expect(await lab.sh("h1", "docker secret ls --format {{.Name}}")).toMatch(/^web_token-[0-9a-f]{12}$/);
    const rows = [...page.matchAll(/^\| `(docker service [^`]+)` \| `([^`]+)` \|$/gm)];
    expect(rows).toHaveLength(4);
    for (const [, command = "", words = ""] of rows) {
      await lab.sh("h1", command.replace(/(scale|update|rollback) /, "$1 -d "));
      const said = async () => {
        const state = (await hand.read(kind(), resource))!;
        const changed = kind().drift!(state, resource.props);
        return [...changed, ...(kind().previewUpdate?.({ state, props: resource.props, changed }).notes ?? [])];
      };
      await expect.poll(said, { message: command }).toContain(words);
      await hand.update(kind(), resource, ["service web"]);
      expect(await said(), command).toEqual([]);
    }
    await hand.delete(kind(), resource);
  });
});

describeUnless(unavailable(), "stacks with Docker 20.10", () => {
  let lab: SwarmLab;
  const hand = new Hand("e2e-2");
  const kind = () => composeResourceTypes({ hosts: lab.pool, manager: async () => ["h1"], env: {} })["swarm.stack"]!;

  beforeAll(async () => {
    lab = await startSwarm(1, "bookworm");
  });
  afterAll(() => lab?.dispose());

  const planned = async (version: string, content: string) => {
    const file = join(lab.folder, "stack.yaml");
    const service = '{ image: busybox, command: ["sleep", "1000"], stop_grace_period: 0s, configs: [page] }';
    await writeFile(file, `${version}services: { web: ${service} }\nconfigs: { page: { file: ./page.txt } }\n`);
    await writeFile(join(lab.folder, "page.txt"), content);
    return planStack({ name: "old", files: [file], steadyMs: 2_500 }, lab.fleet, {});
  };

  it("want a version, and get a changed config as those with later ones", async () => {
    await expect(kind().create(hand.call(await planned("", "one")))).rejects.toMatchObject({
      code: "stack.invalid",
      hint: expect.stringContaining('version: "3.8"'),
    });
    const version = 'version: "3.8"\n';
    await hand.create(kind(), await planned(version, "one"));
    const resource = await planned(version, "two");
    const call = { ...hand.call(resource), state: hand.states[resource.id], changed: ["digest"] };
    await kind().check?.(call);
    await hand.update(kind(), resource, ["digest"]);
    const filter = "--filter label=com.docker.stack.namespace=old";
    expect(await lab.sh("h1", `docker config ls ${filter} --format {{.Name}} | sed 's/-[0-9a-f]*$//'`)).toBe(
      "old_page",
    );
    expect(await lab.sh("h1", `docker exec $(docker ps -q ${filter}) cat /page`)).toBe("two");
    expect(kind().drift?.((await hand.read(kind(), resource))!, resource.props)).toEqual([]);
    await hand.delete(kind(), resource);
  });
});
