import { type Shaped, shaped } from "./project.ts";

/** Services made of others: `extends`, `include`, several files, YAML's own anchors. */
export const composed: readonly Shaped[] = [
  shaped(
    "a service extends another of the same file",
    "base web",
    `services:
  base: { image: box, environment: { A: "1", B: "1" } }
  web: { extends: base, environment: { B: "2" } }
`,
    {},
    { values: { "web.A": "1", "web.B": "2", "base.B": "1" } },
  ),
  shaped(
    "a service extends one of another file, whose paths start there",
    "web",
    `services:
  web: { extends: { file: common/base.yaml, service: base } }
`,
    {
      "common/base.yaml": `services:
  base: { image: box, env_file: base.env, volumes: ["./conf:/conf:ro"] }
`,
      "common/base.env": "FROM=common\n",
      "common/conf/a.txt": "in common",
      "conf/a.txt": "not this one",
    },
    { values: { "web.FROM": "common" }, holds: { "web:/conf/a.txt": "in common" } },
  ),
  shaped(
    "what is extended extends another file in turn",
    "web",
    `services:
  web: { extends: { file: a/one.yaml, service: one }, environment: { L: "0" } }
`,
    {
      "a/one.yaml": `services:
  one: { extends: { file: ../b/two.yaml, service: two }, environment: { M: "1" }, volumes: ["./f:/one"] }
`,
      "b/two.yaml": `services:
  two: { extends: { service: three }, environment: { L: "2", M: "2", N: "2" } }
  three: { image: box, volumes: ["./f:/three"] }
`,
      "a/f/x": "a",
      "b/f/x": "b",
    },
    { values: { "web.L": "0", "web.M": "1", "web.N": "2" }, holds: { "web:/one/x": "a", "web:/three/x": "b" } },
  ),
  shaped(
    "two services extend one file, and only one of its services is used",
    "api web",
    `services:
  web: { extends: { file: common.yaml, service: base } }
  api: { extends: { file: common.yaml, service: base }, environment: { WHO: api } }
`,
    {
      "common.yaml": `services:
  base: { image: box, environment: { WHO: base } }
  unused: { image: box, volumes: ["./unused:/u"] }
`,
    },
    { values: { "web.WHO": "base", "api.WHO": "api" } },
  ),
  shaped(
    "an extended service reads the env file of its own folder and that of the one that extends it",
    "web",
    `services:
  web: { extends: { file: lib/base.yaml, service: base }, env_file: [own.env] }
`,
    {
      "lib/base.yaml": "services: { base: { image: box, env_file: [base.env] } }\n",
      "lib/base.env": "A=base\nB=base\n",
      "own.env": "B=own\n",
    },
    { values: { "web.A": "base", "web.B": "own" } },
  ),
  shaped(
    "an extended service resets what its base mounts",
    "web",
    `services:
  web: { extends: { file: base.yaml, service: base }, volumes: !override ["./mine:/mine"] }
`,
    { "base.yaml": 'services: { base: { image: box, volumes: ["./gone:/gone"] } }\n', "mine/a": "mine" },
    { holds: { "web:/mine/a": "mine" } },
  ),
  shaped(
    "an include of one file in a folder of its own",
    "db web",
    `include: [db/compose.yaml]
services:
  web: { image: box, depends_on: [db] }
`,
    {
      "db/compose.yaml":
        'services: { db: { image: box, volumes: ["./init:/init:ro"], environment: { DB: "${DB:-none}" } } }\n',
      "db/.env": "DB=from-db\n",
      "db/init/1.sql": "select 1;",
    },
    { values: { "db.DB": "from-db" }, holds: { "db:/init/1.sql": "select 1;" } },
  ),
  shaped(
    "an include with an env file of its own",
    "db web",
    `include:
  - { path: db/compose.yaml, env_file: settings/db.env }
services:
  web: { image: box, environment: { DB: "\${DB:-outer}" } }
`,
    {
      "db/compose.yaml": 'services: { db: { image: box, environment: { DB: "${DB}" } } }\n',
      "db/.env": "DB=not-this\n",
      "settings/db.env": "DB=named\n",
    },
    { values: { "db.DB": "named", "web.DB": "outer" } },
  ),
  shaped(
    "an include whose paths start in another folder",
    "db",
    `include:
  - { path: parts/db.yaml, project_directory: . }
services: {}
`,
    { "parts/db.yaml": 'services: { db: { image: box, volumes: ["./conf:/conf"] } }\n', "conf/x": "at the top" },
    { holds: { "db:/conf/x": "at the top" } },
  ),
  shaped(
    "an include whose paths start in a folder that variables name",
    "db web",
    `include:
  - { path: parts/db.yaml, project_directory: "$HOME/shop/there" }
  - { path: parts/web.yaml, project_directory: "\${PWD}/there" }
services: {}
`,
    {
      "parts/db.yaml": 'services: { db: { image: box, volumes: ["./conf:/conf"] } }\n',
      "parts/web.yaml": 'services: { web: { image: box, env_file: v.env, volumes: ["./conf/x:/x"] } }\n',
      "there/conf/x": "over there",
      "there/v.env": "V=there\n",
    },
    { values: { "web.V": "there" }, holds: { "db:/conf/x": "over there", "web:/x": "over there" } },
  ),
  shaped(
    "an include of two files, the second over the first",
    "db",
    `include:
  - path: [parts/db.yaml, parts/db.override.yaml]
services: {}
`,
    {
      "parts/db.yaml": 'services: { db: { image: box, environment: { M: "1", N: "1" } } }\n',
      "parts/db.override.yaml": 'services: { db: { environment: { N: "2" } } }\n',
    },
    { values: { "db.M": "1", "db.N": "2" } },
  ),
  shaped(
    "an include that includes another",
    "a b c",
    `include: [one/compose.yaml]
services: { a: { image: box } }
`,
    {
      "one/compose.yaml": "include: [two/compose.yaml]\nservices: { b: { image: box, env_file: v.env } }\n",
      "one/v.env": "V=one\n",
      "one/two/compose.yaml": "services: { c: { image: box, env_file: v.env } }\n",
      "one/two/v.env": "V=two\n",
    },
    { values: { "b.V": "one", "c.V": "two" } },
  ),
  shaped(
    "an include from beside the project",
    "shared web",
    `include: [../shared/compose.yaml]
services: { web: { image: box } }
`,
    {
      "../shared/compose.yaml": 'services: { shared: { image: box, volumes: ["./data:/data"] } }\n',
      "../shared/data/d": "beside",
    },
    { holds: { "shared:/data/d": "beside" } },
  ),
  shaped(
    "a variable of the project goes over the one of what it includes",
    "db",
    "include: [db/compose.yaml]\nservices: {}\n",
    {
      ".env": "TAG=outer\n",
      "db/.env": "TAG=inner\nONLY=inner\n",
      "db/compose.yaml": 'services: { db: { image: box, environment: { TAG: "${TAG}", ONLY: "${ONLY}" } } }\n',
    },
    { values: { "db.TAG": "outer", "db.ONLY": "inner" } },
  ),
  shaped(
    "a second file over the first",
    "web",
    'services: { web: { image: box, environment: { A: "1", B: "1" }, volumes: ["./one:/data"] } }\n',
    {
      "production.yaml": 'services: { web: { environment: { B: "2" }, volumes: ["./two:/data"] } }\n',
      "one/f": "one",
      "two/f": "two",
    },
    {
      use: { files: ["compose.yaml", "production.yaml"] },
      values: { "web.A": "1", "web.B": "2" },
      holds: { "web:/data/f": "two" },
    },
  ),
  shaped(
    "a second file in another folder, whose paths start at the first",
    "web",
    "services: { web: { image: box } }\n",
    {
      "deploy/prod.yaml": 'services: { web: { env_file: prod.env, volumes: ["./conf:/conf"] } }\n',
      "prod.env": "P=1\n",
      "conf/c": "c",
    },
    { use: { files: ["compose.yaml", "deploy/prod.yaml"] }, values: { "web.P": "1" }, holds: { "web:/conf/c": "c" } },
  ),
  shaped(
    "three files, the last of which adds a service",
    "extra web",
    'services: { web: { image: box, command: ["sleep", "7"] } }\n',
    {
      "b.yaml": 'services: { web: { command: ["sleep", "999"] } }\n',
      "c.yaml": "services: { extra: { image: box } }\n",
    },
    { use: { files: ["compose.yaml", "b.yaml", "c.yaml"] } },
  ),
  shaped(
    "an override of comments only",
    "web",
    "services: { web: { image: box } }\n",
    { "compose.override.yaml": "# services:\n#   web:\n#     ports: [80:80]\n" },
    { use: { files: ["compose.yaml", "compose.override.yaml"] } },
  ),
  shaped(
    "several documents in one file",
    "more web",
    `services: { web: { image: box, environment: { D: "1" } } }
---
services: { web: { environment: { D: "2" } }, more: { image: box } }
`,
    {},
    { values: { "web.D": "2" } },
  ),
];
