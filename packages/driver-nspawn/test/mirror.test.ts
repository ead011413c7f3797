import { expect, test } from "vitest";
import { mirrorIn } from "../src/mirror.ts";

test("a mirror of one's own is used, in either format", () => {
  expect(mirrorIn(["", "Types: deb\nURIs: http://mirror.test/debian\nSuites: trixie\n"])).toBe(
    "http://mirror.test/debian",
  );
  expect(mirrorIn(["deb [arch=amd64] https://mirror.test/debian/ trixie main\n"])).toBe("https://mirror.test/debian/");
});

test("the public one, other distributions, other products and comments are none", () => {
  const everyones = ["deb", "debian", "org"].join(".");
  const texts = [
    `URIs: http://${everyones}/debian\n`,
    `URIs: http://${everyones}/debian-security\n`,
    "deb http://archive.test/ubuntu noble main\n",
    "deb https://download.test/linux/debian-tools trixie stable\n",
    "# deb http://mirror.test/debian trixie main\n",
  ];
  expect(mirrorIn(texts)).toBeUndefined();
});
