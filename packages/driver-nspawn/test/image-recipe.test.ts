import { expect, test } from "vitest";
import { buildArgv, imageFiles, imageLinks, imageName, packagesOf } from "../src/image-recipe.ts";

const bare = { release: "trixie", image: "bare", mirror: "" };
const docker = { ...bare, image: "docker" };

test("Docker is in the docker image only, by the names each release has", () => {
  expect(packagesOf(bare)).not.toContain("docker.io");
  expect(packagesOf(docker)).toEqual(expect.arrayContaining(["docker.io", "docker-cli", "docker-compose"]));
  expect(packagesOf({ ...docker, release: "bookworm" })).not.toContain("docker-cli");
});

test("what is built differently has another name", () => {
  const names = [bare, docker, { ...bare, mirror: "http://mirror.test/debian" }, { ...bare, release: "bookworm" }];
  expect(new Set(names.map(imageName)).size).toBe(4);
  expect(imageName(bare)).toBe(imageName({ ...bare }));
});

test("the build dies with its caller, and takes a mirror as its last argument", () => {
  expect(buildArgv(bare, "/t").slice(0, 3)).toEqual(["setpriv", "--pdeathsig", "KILL"]);
  expect(buildArgv(bare, "/t").slice(-2)).toEqual(["trixie", "/t"]);
  expect(buildArgv({ ...bare, mirror: "http://m.test/debian" }, "/t").at(-1)).toBe("http://m.test/debian");
});

test("an image says nothing that should differ between machines, and all paths stay inside", () => {
  expect(imageFiles.find(({ path }) => path === "etc/machine-id")?.content).toBe("");
  for (const path of [...imageLinks.keys(), ...imageFiles.map((file) => file.path)])
    expect(path).not.toMatch(/^\/|\.\./);
});
