import { expect } from "vitest";
import type { Said } from "./scene.ts";

/** A deliberate difference from docker-machine 0.16.2. */
export interface Difference {
  /** Its heading in docs/compat.md. */
  readonly name: string;
  /** Where the transcript shows it. */
  readonly steps: readonly number[];
  /** Which of the generated lines show it. */
  readonly lines?: (args: readonly string[], wanted: Said) => boolean;
  /** What holds instead. */
  readonly holds: (said: Said, wanted: Said) => void;
}

const sameCode = (said: Said, wanted: Said) => expect(said.code).toBe(wanted.code);

export const differences: readonly Difference[] = [
  {
    name: "Drivers have the options of machinist's drivers",
    steps: [54, 72],
    holds: (said, wanted) => {
      sameCode(said, wanted);
      expect(said.stderr).toBe(wanted.stderr);
      // Every flag that there was is there still.
      const flags = (text: string) => text.match(/^ {3}--[\w-]+/gm) ?? [];
      expect(flags(said.stdout)).toEqual(expect.arrayContaining(flags(wanted.stdout)));
    },
  },
  {
    name: "A driver refuses in its own words",
    steps: [70, 71, 73, 75, 76],
    holds: (said) => {
      expect([1, 3]).toContain(said.code);
      const before =
        said.code === 3
          ? /^Error with pre-create check: ".+"\n$/
          : /^(Error setting machine configuration|Driver ").+\n$/;
      expect(said.stderr).toMatch(before);
    },
  },
  {
    name: "--debug tells what machinist does",
    steps: [82],
    holds: (said, wanted) => {
      sameCode(said, wanted);
      expect(said.stdout).toBe(wanted.stdout);
      expect(said.stderr).toMatch(/^Docker Machine Version: /);
    },
  },
  {
    name: "ls --filter label=KEY is refused",
    steps: [122],
    holds: (said) => {
      expect(said.code).toBe(1);
      expect(said.stderr).toBe("Unsupported filter syntax: a label is KEY=VALUE, not tier\n");
    },
  },
  {
    name: "env --unset --no-proxy unsets the variable",
    steps: [217],
    holds: (said, wanted) => {
      sameCode(said, wanted);
      expect(said.stdout).toBe(wanted.stdout.replace("unset no_proxya.example", "unset no_proxy"));
    },
  },
  {
    name: "Why SSH does not reach a machine is said",
    steps: [243, 244, 245, 246, 247],
    lines: (args, { stderr }) =>
      args.some((word) => word === "ssh" || word === "scp") && /^usage: ssh|Connection closed/.test(stderr),
    holds: (said, wanted) => {
      sameCode(said, wanted);
      expect(said.stderr).toMatch(/(has no SSH|does not answer SSH: the connection was refused)\n$/);
    },
  },
  {
    name: "rm says what stays on a host that does not answer",
    steps: [],
    lines: (args) => args.includes("rm") && args.includes("gone"),
    holds: (said, wanted) => {
      sameCode(said, wanted);
      expect(said.stderr).toBe(wanted.stderr);
      expect(said.stdout.replace(/\(gone\) gone at 127\.0\.0\.1 does not answer: .+\n/m, "")).toBe(wanted.stdout);
    },
  },
  {
    name: "Addresses are those that were saved",
    steps: [],
    lines: (args, { stderr }) => args.includes("url") && args.includes("gone") && stderr === "Host is not running\n",
    holds: (said) => {
      expect(said).toEqual({ code: 0, stdout: "tcp://127.0.0.1:2377\n", stderr: "" });
    },
  },
  {
    name: "Keys and certificates are the store's",
    steps: [288],
    holds: (said) => {
      expect(said.code).toBe(0);
      expect(said.stdout).toMatch(/^export DOCKER_TLS_VERIFY="1"\n/);
    },
  },
];
