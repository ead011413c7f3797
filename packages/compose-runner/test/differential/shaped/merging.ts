import { type Shaped, shaped } from "./project.ts";

/** Compose's own tags, and what YAML itself gives. */
export const merging: readonly Shaped[] = [
  shaped(
    "a second file takes a service away",
    "web",
    "services: { web: { image: box }, db: { image: box, env_file: [db.env] } }\n",
    { "small.yaml": "services: { db: !reset null }\n", "db.env": "A=1\n" },
    { use: { files: ["compose.yaml", "small.yaml"] } },
  ),
  shaped(
    "a second file takes ports and a mount away",
    "web",
    'services: { web: { image: box, ports: ["18080:80"], volumes: ["./not-there.conf:/c"], environment: { A: "1" } } }\n',
    { "ci.yaml": "services: { web: { ports: !reset [], volumes: !reset [] } }\n" },
    { use: { files: ["compose.yaml", "ci.yaml"] }, values: { "web.A": "1" } },
  ),
  shaped(
    "a second file puts its own env files in place of the first's",
    "web",
    "services: { web: { image: box, env_file: [not-there.env] } }\n",
    { "own.yaml": "services: { web: { env_file: !override [b.env] } }\n", "b.env": "B=1\n" },
    { use: { files: ["compose.yaml", "own.yaml"] }, values: { "web.B": "1" } },
  ),
  shaped(
    "a second file puts its own environment in place of the first's",
    "web",
    'services: { web: { image: box, environment: { A: "1", GONE: "1" } } }\n',
    { "own.yaml": 'services: { web: { environment: !override { A: "2" } } }\n' },
    { use: { files: ["compose.yaml", "own.yaml"] }, values: { "web.A": "2" } },
  ),
  shaped(
    "a second file takes one variable away",
    "web",
    'services: { web: { image: box, environment: { A: "1", B: "1" } } }\n',
    { "own.yaml": "services: { web: { environment: { B: !reset null } } }\n" },
    { use: { files: ["compose.yaml", "own.yaml"] }, values: { "web.A": "1" } },
  ),
  shaped(
    "a second file takes the build away and names an image",
    "web",
    "services: { web: { build: ./not-there } }\n",
    { "image.yaml": "services: { web: { build: !reset null, image: box } }\n" },
    { use: { files: ["compose.yaml", "image.yaml"] } },
  ),
  shaped(
    "a second file takes the profile away",
    "debug web",
    "services: { web: { image: box }, debug: { image: box, profiles: [debug] } }\n",
    { "all.yaml": "services: { debug: { profiles: !reset [] } }\n" },
    { use: { files: ["compose.yaml", "all.yaml"] } },
  ),
  shaped(
    "an anchor for what services have in common",
    "api web",
    `x-common: &common
  image: box
  environment: &variables { A: "1", B: "1" }
services:
  web: { <<: *common }
  api: { <<: *common, environment: { <<: *variables, B: "2" } }
`,
    {},
    { values: { "web.B": "1", "api.A": "1", "api.B": "2" } },
  ),
  shaped(
    "two anchors merged, the first of which wins",
    "web",
    `x-a: &a { image: box, env_file: a.env }
x-b: &b { image: other, env_file: not-there.env, labels: { from: b } }
services:
  web: { <<: [*a, *b] }
`,
    { "a.env": "A=a\n" },
    { values: { "web.A": "a" } },
  ),
  shaped(
    "an anchor on a list of volumes",
    "a b",
    `services:
  a: { image: box, volumes: &mounts ["./conf:/conf:ro", "data:/data"] }
  b: { image: box, volumes: *mounts }
volumes: { data: }
`,
    { "conf/f": "both" },
    { holds: { "a:/conf/f": "both", "b:/conf/f": "both" } },
  ),
  shaped(
    "an anchor on one value",
    "a b",
    `services:
  a: { image: &image box, env_file: &file common.env }
  b: { image: *image, env_file: [*file] }
`,
    { "common.env": "C=1\n" },
    { values: { "a.C": "1", "b.C": "1" } },
  ),
  shaped(
    "an alias that is used a hundred and fifty times",
    "web",
    `x-v: &v same
services:
  web:
    image: box
    labels:
${Array.from({ length: 150 }, (_, at) => `      l${at}: *v`).join("\n")}
`,
  ),
  shaped(
    "keys of one's own at each level",
    "web",
    `x-owner: me
x-file: { file: ./not-there.conf }
services:
  web: { image: box, x-note: ["./not:/carried"], environment: { A: "1" } }
volumes: { data: { x-size: 10 } }
`,
    {},
    { values: { "web.A": "1" } },
  ),
  shaped(
    "a file in JSON",
    "web",
    '{ "services": { "web": { "image": "box", "environment": ["A=json"] } } }\n',
    {},
    { values: { "web.A": "json" } },
  ),
  shaped(
    "block texts in an environment",
    "web",
    `services:
  web:
    image: box
    environment:
      LITERAL: |
        one
        two
      FOLDED: >-
        one
        two
      QUOTED: "tab\\there"
`,
    {},
    { values: { "web.LITERAL": "one\ntwo\n", "web.FOLDED": "one two", "web.QUOTED": "tab\there" } },
  ),
  shaped(
    "numbers and booleans in an environment",
    "web",
    'services: { web: { image: box, environment: { N: 8, F: 1.5, T: "true", Z: "007", E: "" } } }\n',
    {},
    { values: { "web.N": "8", "web.F": "1.5", "web.T": "true", "web.Z": "007", "web.E": "" } },
  ),
  shaped("a version line, as older files have it", "web", 'version: "3.8"\nservices: { web: { image: box } }\n'),
  shaped("a name of its own, which ours goes over", "web", "name: theirs\nservices: { web: { image: box } }\n"),
  shaped(
    "the project's name in a value",
    "web",
    'services: { web: { image: box, labels: { project: "${COMPOSE_PROJECT_NAME}" } } }\n',
  ),
  shaped(
    "Windows line ends",
    "web",
    "services:\r\n  web:\r\n    image: box\r\n    env_file: w.env\r\n",
    { "w.env": "W=1\r\n" },
    { values: { "web.W": "1" } },
  ),
];
