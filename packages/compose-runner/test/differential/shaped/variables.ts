import { type Shaped, shaped } from "./project.ts";

/** A project whose one service has these variables, from a `.env`. */
const given = (
  what: string,
  dotenv: string,
  variables: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Shaped =>
  shaped(
    what,
    "web",
    `services:\n  web:\n    image: box\n    environment:\n${Object.entries(variables)
      .map(([name, value]) => `      ${name}: ${JSON.stringify(value)}\n`)
      .join("")}`,
    { ".env": dotenv },
    { values: Object.fromEntries(Object.entries(values).map(([name, value]) => [`web.${name}`, value])) },
  );

/** A project whose one service has an env file. */
const envFile = (what: string, text: string, values: Readonly<Record<string, string>>): Shaped =>
  shaped(
    what,
    "web",
    "services: { web: { image: box, env_file: app.env } }\n",
    { "app.env": text, ".env": "A=from-dotenv\n" },
    { values: Object.fromEntries(Object.entries(values).map(([name, value]) => [`web.${name}`, value])) },
  );

/** Forms of interpolation, `.env` and env files. */
export const variables: readonly Shaped[] = [
  given(
    "a default for what is not set",
    "A=1\nE=\n",
    { X: "${N:-d}", Y: "${E:-d}", Z: "${A:-d}" },
    { X: "d", Y: "d", Z: "1" },
  ),
  given(
    "a default for what is not set, not for what is empty",
    "E=\n",
    { X: "${N-d}", Y: "${E-d}" },
    { X: "d", Y: "" },
  ),
  given(
    "another value where one is set",
    "A=1\nE=\n",
    { X: "${A:+s}", Y: "${E:+s}", Z: "${E+s}", W: "${N+s}" },
    { X: "s", Y: "", Z: "s", W: "" },
  ),
  given("a variable that must be set, and is", "A=1\n", { X: "${A:?set A}", Y: "${A?}" }, { X: "1", Y: "1" }),
  given(
    "a default that has variables in it",
    "A=1\n",
    { X: "${N:-${A}}", Y: "${N:-${M:-x${A}}}" },
    { X: "1", Y: "x1" },
  ),
  given(
    "dollar signs that stand for themselves",
    "A=1\n",
    { X: "$$A", Y: "$${A}", Z: "a$$b" },
    { X: "$A", Y: "${A}", Z: "a$b" },
  ),
  given(
    "several variables in one value",
    "H=db\nP=5432\n",
    { URL: "postgres://u@${H}:${P}/x" },
    { URL: "postgres://u@db:5432/x" },
  ),
  given("a default with colons and slashes", "", { URL: "${URL:-http://a:80/x?y=z}" }, { URL: "http://a:80/x?y=z" }),
  given(
    "variables made of others",
    "D=example.com\nHOST=app.${D}\nURL=https://${HOST}/\n",
    { X: "${URL}" },
    { X: "https://app.example.com/" },
  ),
  given(
    "values in single quotes, as they stand",
    "P='m$ypass$wor@d'\nB='$2b$10$x'\n",
    { P: "${P}", B: "${B}" },
    { P: "m$ypass$wor@d", B: "$2b$10$x" },
  ),
  given(
    "values in double quotes, with escapes",
    'A="x\\ty"\nB="one\\ntwo"\nC="say \\"hi\\""\n',
    { A: "${A}", B: "${B}", C: "${C}" },
    { A: "x\ty", B: "one\ntwo", C: 'say "hi"' },
  ),
  given(
    "a value of several lines",
    'CERT="-----BEGIN-----\nabc==\n-----END-----"\n',
    { CERT: "${CERT}" },
    { CERT: "-----BEGIN-----\nabc==\n-----END-----" },
  ),
  given(
    "comments, empty lines and export",
    "# a\n\nexport A=1\nB=2 # two\nC=a#b\n",
    { A: "${A}", B: "${B}", C: "${C}" },
    { A: "1", B: "2", C: "a#b" },
  ),
  given(
    "values with equals signs and blanks",
    "A=b=c=\nB= blank \n",
    { A: "${A}", B: "${B}" },
    { A: "b=c=", B: "blank" },
  ),
  given("names as YAML has them", "A: one\n", { A: "${A}" }, { A: "one" }),
  given("lines that end as Windows has them", "A=1\r\nB=2\r\n", { A: "${A}", B: "${B}" }, { A: "1", B: "2" }),
  given("a default in a .env", "A=${N:-fallback}\n", { A: "${A}" }, { A: "fallback" }),
  shaped(
    "an env file of the whole project in place of .env",
    "web",
    'services: { web: { image: box, environment: { A: "${A:-none}", B: "${B:-none}" } } }\n',
    { ".env": "A=dotenv\nB=dotenv\n", "stage.env": "A=stage\n" },
    { use: { envFiles: ["stage.env"] }, values: { "web.A": "stage", "web.B": "none" } },
  ),
  shaped(
    "two env files of the whole project, the second over the first",
    "web",
    'services: { web: { image: box, environment: { A: "${A}", B: "${B}" } } }\n',
    { "one.env": "A=1\nB=1\n", "env/two.env": "B=${A}2\n" },
    { use: { envFiles: ["one.env", "env/two.env"] }, values: { "web.A": "1", "web.B": "12" } },
  ),
  shaped(
    "a promised variable goes over .env",
    "web",
    'services: { web: { image: box, environment: { A: "${A}", B: } } }\n',
    { ".env": "A=dotenv\n" },
    {
      use: { env: ["A", "B"] },
      environment: { A: "promised", B: "passed" },
      values: { "web.A": "promised", "web.B": "passed" },
    },
  ),
  shaped(
    "a variable that is passed through, from .env",
    "web",
    "services: { web: { image: box, environment: [A, NOT_SET] } }\n",
    { ".env": "A=dotenv\n" },
    { values: { "web.A": "dotenv" } },
  ),
  shaped(
    "variables in keys that are no texts",
    "web=2",
    'services: { web: { image: "${IMAGE:-box}", read_only: "${RO:-true}", init: "${INIT:-true}", deploy: { replicas: "${N}" } } }\n',
    { ".env": "N=2\n" },
  ),
  shaped(
    "variables in names of files",
    "web",
    'services: { web: { image: box, env_file: "${STAGE}.env", volumes: ["./conf/${STAGE}:/conf:${MODE:-ro}"] } }\n',
    { ".env": "STAGE=prod\n", "prod.env": "S=p\n", "conf/prod/f": "prod" },
    { values: { "web.S": "p" }, holds: { "web:/conf/f": "prod" } },
  ),
  shaped(
    "a folder that a .env names through another variable",
    "web",
    'services: { web: { image: box, volumes: ["${DATA}/x:/x"] } }\n',
    { ".env": "BASE=./base\nDATA=${BASE}/data\n", "base/data/x/f": "deep" },
    { holds: { "web:/x/f": "deep" } },
  ),
  shaped(
    "a mount that one variable names whole",
    "web",
    'services: { web: { image: box, volumes: ["${MOUNT}"] } }\n',
    { ".env": "MOUNT=./conf:/conf:ro\n", "conf/f": "whole" },
    { holds: { "web:/conf/f": "whole" } },
  ),
  envFile("an env file", "A=1\nB='two words'\n", { A: "1", B: "two words" }),
  envFile("an env file whose values use earlier ones and those of .env", "B=b\nC=${B}c\nD=${A}d\n", {
    C: "bc",
    D: "from-dotenvd",
  }),
  envFile("an env file with comments and quotes", '# c\nA="a # b"\nB=b # c\nC=\n', { A: "a # b", B: "b", C: "" }),
  envFile("an env file with a key of several lines", 'KEY="-----BEGIN-----\nx\n-----END-----"\nB=2\n', {
    KEY: "-----BEGIN-----\nx\n-----END-----",
    B: "2",
  }),
  shaped(
    "several env files, one of which need not be there",
    "web",
    `services:
  web:
    image: box
    env_file:
      - one.env
      - { path: two.env, required: true }
      - { path: not-there.env, required: false }
    environment: { B: over }
`,
    { "one.env": "A=1\nB=1\nC=1\n", "two.env": "C=2\n" },
    { values: { "web.A": "1", "web.B": "over", "web.C": "2" } },
  ),
  shaped(
    "an env file as it stands, without interpolation",
    "web",
    "services: { web: { image: box, env_file: [{ path: raw.env, format: raw }] } }\n",
    { "raw.env": "A='$x'\n" },
    { since: "2.30.0" },
  ),
  shaped(
    "an env file of another folder above",
    "web",
    "services: { web: { image: box, env_file: ../settings/app.env } }\n",
    { "../settings/app.env": "A=above\n" },
    { values: { "web.A": "above" } },
  ),
  shaped(
    "an env file at home",
    "web",
    "services: { web: { image: box, env_file: [~/my.env] } }\n",
    { "../my.env": "A=home\n" },
    { values: { "web.A": "home" } },
  ),
];
