import { afterAll, beforeAll, expect, test } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = new Scene();
  const none = ["create", "-d", "none", "--url", "tcp://127.0.0.1:1"];
  const swarm = ["--swarm", "--swarm-discovery", "token://1"];
  for (const words of [["m1"], [...swarm, "--swarm-master", "m2"], [...swarm, "m3"]])
    expect((await scene.run([...none, ...words])).code).toBe(0);
});
afterAll(() => scene.close());

/** As docker-machine 0.16.2 itself answered. */
test.each([
  [["h"], 0, /^Usage: docker-machine \[OPTIONS\] COMMAND/],
  [["h", "ls"], 0, /^Usage: docker-machine ls /],
  [
    ["help", "help"],
    0,
    /^Usage: docker-machine help \[arg...\]\n\nShows a list of commands or help for one command\n$/,
  ],
  [[""], 0, /COMMAND/],
  [["", "ls"], 0, /COMMAND/],
  [["help", ""], 0, /COMMAND/],
  [["help", "nosuch"], 1, /^$/],
  [["ls", "-f", "table{{.Name}}"], 0, /^NAME\nm1\nm2\nm3\n$/],
  [["ls", "-f", "table {{.Name}}"], 0, /^NAME\nm1\nm2\nm3\n$/],
  [["ls", "-f", "table"], 0, /^\n\n\n\n$/],
  [["ls", "-q", "--filter", "swarm="], 0, /^m1\n$/],
  [["ls", "-q", "--filter", "swarm=m2"], 0, /^m2\nm3\n$/],
  [["ls", "-q", "--filter", "swarm=M2"], 0, /^m2\nm3\n$/],
])("%j", async (words, code, told) => {
  expect(await scene.run(words)).toMatchObject({ code, stdout: expect.stringMatching(told) });
});
