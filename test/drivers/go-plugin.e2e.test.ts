import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, expect, test } from "vitest";
import { languages, makeShelf } from "../../packages/driver-plugin/test/shelf.ts";
import { expectFailure, Program } from "../bad-input/program.ts";
import { describeUnless } from "../skipped.ts";

const reason = unavailable();
const labs: LabHosts[] = [];
afterAll(() => Promise.all(labs.map((lab) => lab.dispose())));

describeUnless(reason, "a plugin of docker-machine", () => {
  test.for(languages)(
    "written in $name makes a machine with Docker, from the command line",
    async ({ language, missing }, { skip }) => {
      skip(missing !== undefined, missing);
      const lab = await startHosts({ count: 1, image: "docker" });
      labs.push(lab);
      const { address, identity } = lab.hosts[0]!;
      const shelf = await makeShelf(language);
      const program = new Program();
      const env = { PATH: `${shelf.bin}:${process.env.PATH}`, SHELF_TOKEN: "sesame" };
      try {
        const help = await program.must(["create", "-d", "shelf", "--help"], { env });
        expect(help.stdout).toMatch(/--shelf-size <number> +How large \[default: 1\]/);
        expect(help.stdout).toMatch(/--shelf-token <secret> +Who may put machines there \[\$SHELF_TOKEN\]/);
        expect(help.stdout).toMatch(/--labels <value> +Words on it/);
        const words = ["create", "-d", "shelf", "--shelf-folder", shelf.folder, "--labels", "a,b"];
        const how = [
          "--shelf-host",
          address,
          "--shelf-port",
          "22",
          "--shelf-user",
          "root",
          "--shelf-key-path",
          identity,
        ];
        expectFailure(await program.run([...words, "--shelf-sise", "2", "web"], { env }), {
          exit: 2,
          code: "usage.unknown-flag",
          hint: "--shelf-size",
        });
        const locked = await program.run([...words, ...how, "web"], { env: { ...env, SHELF_TOKEN: "" } });
        expectFailure(locked, { exit: 3, code: "plugin.refused", says: "shelf needs --shelf-token" });
        expect(await shelf.machines()).toEqual([]);
        await program.must([...words, ...how, "web"], { env });
        expect(await shelf.machines()).toHaveLength(1);
        expect((await program.must(["ls"], { env })).stdout).toMatch(/^web .*shelf .*running .*v\d+\./m);
        expect((await program.must(["ssh", "web", "hostname"], { env })).stdout).toBe("web\n");
        expect(JSON.stringify(program.saved())).not.toContain("sesame");
        await program.must(["rm", "-y", "web"], { env });
        expect(await shelf.machines()).toEqual([]);
      } finally {
        program.remove();
        await shelf.remove();
      }
    },
  );
});
