import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Data, Hosts } from "@machinist/core";
import { createFakeHost } from "@machinist/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { composeResourceTypes, planCompose } from "../src/index.ts";
import { READ_PROJECT } from "../src/remote-scripts.ts";
import { Hand } from "./calls.ts";
import { composes, noCompose } from "./differential/compose.ts";

type Services = { [name: string]: Data };

/** As the compose of a machine reads the project below. */
const SAME: Services = {
  web: {
    image: "x:1",
    command: ["sleep", "100"],
    ports: [{ mode: "ingress", target: 80, published: "8080", protocol: "tcp" }],
    environment: { TOKEN: "hush-hush" },
    volumes: [{ type: "bind", source: "/var/lib/machinist/compose/app/project/conf", target: "/conf" }],
  },
  job: { image: "y", scale: 2, profiles: ["p"] },
};

describeUnless(noCompose, "a project that this computer and the machine read", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "machinist-readings-"));
    const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> ${folder}/asked\nshift\nexec ${composes[0]!.program} "$@"\n`;
    for (const name of ["bin", "project", "project/conf"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "bin/docker"), script, { mode: 0o755 });
    writeFileSync(join(folder, "project/.env"), "TAG=1\nTOKEN=hush-hush\n");
    writeFileSync(
      join(folder, "project/compose.yaml"),
      `services:
  web: { image: "x:$TAG", command: sleep 100, ports: ["8080:80"], environment: [TOKEN], volumes: ["./conf:/conf"] }
  job: { image: y, deploy: { replicas: 2 }, profiles: [p] }
`,
    );
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const asked = () => {
    const file = join(folder, "asked");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    rmSync(file, { force: true });
    return lines.map((line) => line.replace(/^.* (?=config|version)/, ""));
  };

  /** Bring it up on machines whose compose says this of it; what is warned of, and what docker here was asked. */
  async function up(services: Services, given: { env?: string[]; machines?: string[]; off?: boolean } = {}) {
    const { env = [], machines = ["m1"], off = false } = given;
    const environment = {
      ...{ PATH: `${join(folder, "bin")}:/usr/bin:/bin`, HOME: folder, A: "promised" },
      ...(off ? { MACHINIST_LOCAL_COMPOSE: "off" } : {}),
    };
    const hosts: Hosts = { connect: async (name) => hostThat(name, services) };
    const kind = composeResourceTypes({ hosts, manager: async () => [], env: environment })["compose.project"]!;
    const warnings: string[] = [];
    const before: string[] = [];
    for (const machine of machines) {
      const spec = { name: "app", machine, files: [join(folder, "project/compose.yaml")], profiles: ["p"], env };
      const resource = await planCompose({ ...spec, wait: "started" }, environment);
      before.push(...asked());
      const call = new Hand("own-1").call(resource);
      await kind.create({ ...call, log: (message, level) => void (level === "warn" && warnings.push(message)) });
    }
    return { warnings, before, asked: asked() };
  }

  function hostThat(name: string, services: Services) {
    const host = createFakeHost([], { name });
    let isUp = false;
    const line = (service: string) => [service, "False", "running", "", 0, 0, new Date(0).toISOString(), service];
    const containers = () => ["web", "job", "job"].flatMap((each) => (each in services ? line(each).join("\t") : []));
    host.on((call) => call.type === "script" || call.type === "run", "");
    host.on((call) => call.argv.includes("config"), `${JSON.stringify({ services })}\0v2.99.0\n`);
    host.on(
      (call) => call.argv.includes("up"),
      () => {
        isUp = true;
        return "";
      },
    );
    host.on(
      (call) => call.script === READ_PROJECT,
      () => ["own-1", "", "", "100", ...(isUp ? containers() : [])].join("\n"),
    );
    return host;
  }

  const warning = (found: string, machine = "m1") =>
    `docker compose on this computer (${composes[0]!.version}) and on ${machine} (2.99.0) read app differently: ${found}`;
  const CONFIG = "config --format json";

  test("alike is told nothing of, wherever its files are and whatever its variables come to; docker here is asked once", async () => {
    expect(await up(SAME)).toEqual({ warnings: [], before: ["config --quiet"], asked: [CONFIG] });
    const { web, job } = SAME as { web: Data; job: Data };
    const inOtherWords = {
      web: { ...web, ports: [{ target: 80, published: 8080 }], environment: { TOKEN: "other" } },
      job: { ...job, scale: "2", command: null },
    };
    expect((await up(inOtherWords)).warnings).toEqual([]);
  });

  test.each<[string, (same: { web: Data; job: Data }) => Services]>([
    ["web (ports)", ({ web, job }) => ({ web: { ...web, ports: [{ target: 80, published: "8081" }] }, job })],
    ["web (ports)", ({ web, job }) => ({ web: { ...web, ports: [] }, job })],
    [
      "job (command), web (image)",
      ({ web, job }) => ({ web: { ...web, image: "x" }, job: { ...job, command: ["a"] } }),
    ],
    ["job (replicas)", ({ web, job }) => ({ web, job: { ...job, scale: 1 } })],
    ["job (only here)", ({ web }) => ({ web })],
    ["db (only on m1), job (profiles)", ({ web, job }) => ({ web, job: { ...job, profiles: [] }, db: { scale: 0 } })],
  ])("differently is a warning that names %s and both versions, and no value", async (found, other) => {
    const { warnings, asked } = await up(other(SAME as { web: Data; job: Data }));
    expect(warnings).toEqual([warning(found)]);
    expect(asked).toEqual([CONFIG, "version --short"]);
  });

  test("on many machines is read here once, and a difference is told once", async () => {
    const { web } = SAME as { web: Data };
    const { warnings, asked, before } = await up({ web }, { machines: ["m1", "m2", "m3"] });
    expect(warnings).toEqual([warning("job (only here)")]);
    expect([...before, ...asked].filter((each) => each === CONFIG)).toHaveLength(1);
  });

  test("is not read here where it was promised values, nor where that is switched off", async () => {
    const { web } = SAME as { web: Data };
    for (const given of [{ env: ["A"] }, { off: true }])
      expect(await up({ web }, given)).toEqual({ warnings: [], before: [], asked: [] });
  });

  test("is no matter of a docker here that cannot read it", async () => {
    writeFileSync(join(folder, "bin/docker"), "#!/bin/sh\necho no >&2; exit 3\n");
    const { web } = SAME as { web: Data };
    await expect(up({ web })).rejects.toMatchObject({ code: "compose.refused-locally" });
    writeFileSync(join(folder, "bin/docker"), '#!/bin/sh\ncase "$*" in *quiet) exit 0; esac\necho no >&2; exit 3\n');
    expect((await up({ web })).warnings).toEqual([]);
  });
});
