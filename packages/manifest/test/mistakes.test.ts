import { expect, it } from "vitest";
import { type Files, refusal } from "./folder.ts";

interface Mistake {
  readonly title: string;
  readonly text: string | Uint8Array;
  readonly name?: string;
  readonly files?: Files;
}

const bomb = [..."bcdefgh"].map((letter, index) => `${letter}: &${letter} [${`*${"abcdefg"[index]},`.repeat(9)}]`);

const mistakes: readonly Mistake[] = [
  { title: "an empty file", text: "" },
  { title: "comments only", text: "# nothing yet\n" },
  { title: "a list", text: "- web\n" },
  { title: "a single word", text: "hello\n" },
  { title: "no machines", text: "name: demo\n" },
  { title: "a tab", text: "machines:\n\tweb: {}\n" },
  { title: "a bracket left open", text: "machines: { web: {}\n" },
  { title: "two documents", text: "machines: {}\n---\nmachines: {}\n" },
  { title: "a tag", text: "machines: !!js/function { web: {} }\n" },
  { title: "a list as key", text: "? [a, b]\n: c\n" },
  { title: "a key twice", text: "machines:\n  web: {}\n  db: {}\n  web: { count: 2 }\n" },
  { title: "an unknown alias", text: "machines: { web: *nobody }\n" },
  { title: "an alias in itself", text: "machines: &m\n  web: *m\n" },
  { title: "aliases that multiply", text: `a: &a [x]\n${bomb.join("\n")}\n` },
  { title: "too deep", text: `machines: { web: { options: ${"{a: ".repeat(60)}1${"}".repeat(60)} } }\n` },
  { title: "not UTF-8", text: new Uint8Array([0xff, 0xfe, 0x41, 0x00]) },
  { title: "a program", text: "\x7fELF\x02\x01\x01\0\0\0" },
  { title: "more than 1 MiB", text: `# ${"x".repeat(1024 * 1024)}\n` },
  { title: "more marks than anyone writes", text: "-\n".repeat(31_000) },
  { title: "a byte order mark and CRLF, which are fine, before a mistake", text: "\ufeffmachines:\r\n  web: 5\r\n" },
  {
    title: "many mistakes",
    text: "nmae: demo\nmachines:\n  manager: { swarm: manger }\n  worker: { count: three, swarm: worker, cuont: 2 }\nhooks:\n  - {}\n",
  },
  {
    title: "hooks that cannot be",
    text: "machines: { web: {} }\nhooks:\n  - { run: ./gone.sh }\n  - { on: machine.address, when: before, run: true }\n  - { on: machine.creatd, run: [sh, -c, x] }\n  - { on: run.started, webhook: 'ftp://x', timeout: 30 }\n  - { on: run.started, run: a, module: b }\n  - { hosts: { on: [local, wbe] } }\n",
  },
  {
    title: "hooks that are well written and wrong",
    text: "machines:\n  web: { lease: 2h }\nhooks:\n  - { run: ./gone.sh }\n  - { name: x, on: machine.address, when: before, run: sh }\n  - { name: x, on: run.started, contexts: false }\n  - { hosts: { on: [local, wbe] } }\n  - { on: run.started, container: { image: a, machine: db-1 } }\n",
  },
  { title: "a lease of no length", text: "machines:\n  web: { lease: forever }\n" },
  {
    title: "docker's words in other spellings",
    text: "machines:\n  web:\n    engine:\n      logDriver: journald\n      insecure_registries: [a]\n      port: 70000\n      dns: 8.8.8.8\n      install: ftp://x\n",
  },
  {
    title: "counts",
    text: "machines:\n  a: { count: 1001 }\n  b: { count: -1 }\n  c: { count: 1.5 }\n  d: { count: '2' }\n",
  },
  { title: "too many in all", text: "machines: { a: { count: 600 }, b: { count: 401 } }\n" },
  {
    title: "names no host can have",
    text: `machines:\n  a_b: {}\n  -a: {}\n  a.: {}\n  ${"a".repeat(59)}: {}\n  "": {}\n`,
  },
  { title: "names that meet", text: "machines:\n  a: { count: 2 }\n  a-2: {}\n  A-3: {}\n  a-3: {}\n  all: {}\n" },
  {
    title: "names every object has",
    text: '{"machines": {"web": {"__proto__": {"count": 7}, "constructor": 1}}}',
    name: "machines.json",
  },
  { title: "a variable that is not set", text: "machines: { web: { driver: '${DRIVER}' } }\n" },
  { title: "a variable that is required", text: 'machines: { web: { driver: "${DRIVER:?say which}" } }\n' },
  { title: "a variable without quotes in braces", text: "machines: { web: { count: ${N} } }\n" },
  { title: "a lone dollar", text: "machines:\n  web: { options: { price: 5$ } }\n" },
  { title: "a variable of the wrong type", text: "machines:\n  web: { count: '${N:-lots}' }\n" },
  {
    title: "a broken .env",
    text: "machines: { web: { count: $B } }\n",
    files: { ".env": "A=1\nthis is no assignment\nB='open\n" },
  },
  { title: "workers alone", text: "machines:\n  w: { swarm: worker }\n" },
  {
    title: "a stack without Swarm",
    text: "machines: { web: {} }\nstacks: { app: { file: a.yaml } }\n",
    files: { "a.yaml": "" },
  },
  { title: "labels without Swarm", text: "machines:\n  web: { labels: { disk: ssd } }\n" },
  { title: "Swarm without Docker", text: "machines:\n  m: { swarm: manager, engine: false }\n" },
  {
    title: "projects nowhere, twice, and without Docker",
    text: "machines:\n  web: { count: 2 }\n  bare: { engine: false }\ncompose:\n  - { file: c.yaml, on: wbe }\n  - { file: c.yaml, on: [web, web-1], name: x }\n  - { file: c.yaml, on: web-2, name: x }\n  - { file: c.yaml, on: bare }\n  - { file: c.yaml, on: zzzzzz }\n",
    files: { "c.yaml": "" },
  },
  {
    title: "a wait and a timeout that are none",
    text: "machines: { web: {} }\ncompose:\n  - { file: a.yaml, on: web, after: bb }\n  - { file: b.yaml, on: web, after: [a], wait: forever, timeout: 0 }\n",
    files: { "a.yaml": "", "b.yaml": "" },
  },
  {
    title: "projects after projects that are none",
    text: "machines: { web: {} }\ncompose:\n  - { file: aaa.yaml, on: web, after: aab }\n  - { file: b.yaml, on: web, after: [sworm, b] }\n",
    files: { "aaa.yaml": "", "b.yaml": "" },
  },
  {
    title: "a project before the Swarm that comes after one after it",
    text: "machines: { web: {} }\ncompose:\n  - { file: a.yaml, on: web, after: swarm }\n  - { file: b.yaml, on: web, after: a, before: swarm }\n",
    files: { "a.yaml": "", "b.yaml": "" },
  },
  {
    title: "no file, two sorts of file, no machines",
    text: "machines: { web: {} }\ncompose:\n  - { on: web }\n  - { file: a, files: [b], on: [] }\n",
  },
  {
    title: "files that are not there",
    text: "machines: { m: { swarm: manager } }\ncompose:\n  - { files: [a.yaml, d], on: all, env-file: no.env }\nstacks:\n  s: { file: gone.yaml }\n",
    files: { "a.yaml": "", "d/x": "" },
  },
  { title: "numbers JSON cannot say", text: "machines: { web: { options: { a: .nan, b: [-.inf] } } }\n" },
  {
    title: "JSON with a comma too many",
    text: '{\n  "machines": {\n    "web": { "count": 2, }\n  }\n}\n',
    name: "machines.json",
  },
  { title: "JSON that ends too soon", text: '{\n  "machines": {\n', name: "machines.json" },
  {
    title: "a mistake in JSON",
    text: '{\n\t"machines": {\n\t\t"web": { "count": "2" }\n\t}\n}\n',
    name: "machines.json",
  },
  { title: "TOML that is none", text: "[machines.web\ncount = 2\n", name: "machines.toml" },
  { title: "a TOML key twice", text: "[machines.web]\ncount = 2\ncount = 3\n", name: "machines.toml" },
  {
    title: "mistakes in TOML",
    text: 'name = "demo"\n[machines.web]\ncount = 0.5\nengine = { port = 99999 }\n\n[[compose]]\nfile = "c.yaml"\non = "web"\n[[compose]]\nfile = 3\non = "web"\n',
    name: "machines.toml",
  },
  {
    title: "a Swarm that is to be changed all at once",
    text: "swarm: { max-unavailable: 3 }\nmachines:\n  m: { swarm: manager }\n  w: { count: 2, swarm: worker }\n",
  },
  {
    title: "a Swarm of which nothing may be out of service, ever",
    text: "swarm: { max-unavailable: 0, autolock: yes please, init: m-1 }\nmachines: { m: { swarm: manager } }\n",
  },
  { title: "settings for a Swarm that nobody is in", text: "swarm: { autolock: true }\nmachines: { web: {} }\n" },
  {
    title: "workers whose managers are none",
    text: "machines:\n  m: { count: 0, swarm: manager }\n  w: { swarm: worker }\n",
  },
  {
    title: "zones that contradict, and none",
    text: "machines:\n  a: { zones: [x, y], options: { zone: z } }\n  b: { zones: [] }\n",
  },
  {
    title: "zones twice",
    text: "machines:\n  a: { zones: [x, y], options: { zone: z } }\n",
  },
  { title: "another sort of file", text: "x", name: "machines.ini" },
];

const shownInput = (text: string | Uint8Array): string => {
  const whole = typeof text === "string" ? text : `bytes ${[...text].join(" ")}`;
  if (/[^\n\t\x20-\x7e]/.test(whole)) return JSON.stringify(whole).replaceAll("\ufeff", "\\ufeff");
  return whole.length > 400 ? `${JSON.stringify(whole.slice(0, 60))} … ${whole.length} characters` : whole.trimEnd();
};

it("tells mistakes so that they can be mended", async () => {
  const told: string[] = [];
  for (const { title, text, name, files } of mistakes) {
    const error = await refusal(text, files === undefined ? {} : { files }, name);
    const hint = error.hint === undefined ? [] : [`hint: ${error.hint}`];
    told.push([`### ${title}`, shownInput(text), `=> ${error.code}`, error.message, ...hint, ""].join("\n"));
  }
  await expect(told.join("\n")).toMatchFileSnapshot("golden/mistakes.txt");
});

it("names a file that is not there", async () => {
  const error = await refusal("machines: {}\n", { also: ["more.yaml"] });
  expect(error).toMatchObject({ code: "manifest.not-found", message: "There is no file more.yaml", hint: /--file/ });
});
