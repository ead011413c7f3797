import { type Shaped, shaped } from "./project.ts";

const dockerfile = "FROM box\nCOPY . /app\n";

/** Secrets, configs and build contexts. */
export const carried: readonly Shaped[] = [
  shaped(
    "a secret from a file",
    "web",
    "services: { web: { image: box, secrets: [token] } }\nsecrets: { token: { file: ./token.txt } }\n",
    { "token.txt": "s3cret" },
    { holds: { "web:/run/secrets/token": "s3cret" } },
  ),
  shaped(
    "a secret with a name of its own in the container",
    "web",
    "services: { web: { image: box, secrets: [{ source: token, target: api-key }] } }\nsecrets: { token: { file: secrets/t } }\n",
    { "secrets/t": { text: "key", mode: 0o600 } },
    { holds: { "web:/run/secrets/api-key": "key" } },
  ),
  shaped(
    "a secret at a path of its own",
    "web",
    "services: { web: { image: box, secrets: [{ source: token, target: /etc/token }] } }\nsecrets: { token: { file: t } }\n",
    { t: "at etc" },
    { holds: { "web:/etc/token": "at etc" } },
  ),
  shaped(
    "a secret from a variable",
    "web",
    "services: { web: { image: box, secrets: [token] } }\nsecrets: { token: { environment: TOKEN } }\n",
    {},
    { use: { env: ["TOKEN"] }, environment: { TOKEN: "from-env" }, holds: { "web:/run/secrets/token": "from-env" } },
  ),
  shaped(
    "a secret from a variable of .env",
    "web",
    "services: { web: { image: box, secrets: [token] } }\nsecrets: { token: { environment: TOKEN } }\n",
    { ".env": "TOKEN=from-dotenv\n" },
    { holds: { "web:/run/secrets/token": "from-dotenv" } },
  ),
  shaped(
    "a secret that nobody uses, and that is not there",
    "web",
    "services: { web: { image: box } }\nsecrets: { token: { file: ./not-there } }\n",
  ),
  shaped(
    "a secret from above the project",
    "web",
    "services: { web: { image: box, secrets: [token] } }\nsecrets: { token: { file: ../keys/token } }\n",
    { "../keys/token": "above" },
    { holds: { "web:/run/secrets/token": "above" } },
  ),
  shaped(
    "a config from a file",
    "web",
    "services: { web: { image: box, configs: [app] } }\nconfigs: { app: { file: ./app.conf } }\n",
    { "app.conf": "a=1\n" },
    { holds: { "web:/app": "a=1\n" } },
  ),
  shaped(
    "a config at a path of its own",
    "web",
    "services: { web: { image: box, configs: [{ source: app, target: /etc/app.conf }] } }\nconfigs: { app: { file: conf/app.conf } }\n",
    { "conf/app.conf": "b" },
    { holds: { "web:/etc/app.conf": "b" } },
  ),
  shaped(
    "a config that is written in the file, with variables",
    "web",
    `services: { web: { image: box, configs: [{ source: app, target: /etc/app.conf }] } }
configs:
  app:
    content: |
      host=\${HOST_NAME}
      price=$$5
`,
    { ".env": "HOST_NAME=h\n" },
    { holds: { "web:/etc/app.conf": "host=h\nprice=$5\n" } },
  ),
  shaped(
    "a config from a variable",
    "web",
    "services: { web: { image: box, configs: [{ source: app, target: /c }] } }\nconfigs: { app: { environment: APP } }\n",
    {},
    { use: { env: ["APP"] }, environment: { APP: "from-env" }, holds: { "web:/c": "from-env" } },
  ),
  shaped(
    "one file as the config of two services",
    "a b",
    `services:
  a: { image: box, configs: [{ source: c, target: /a }] }
  b: { image: box, configs: [{ source: c, target: /b }] }
configs: { c: { file: c } }
`,
    { c: "both" },
    { holds: { "a:/a": "both", "b:/b": "both" } },
  ),
  shaped(
    "a build context",
    "web",
    "services: { web: { build: ./app } }\n",
    {
      "app/Dockerfile": dockerfile,
      "app/src/main": "main",
    },
    { holds: { "web:/app/src/main": "main" } },
  ),
  shaped(
    "a build of the project's own folder",
    "web",
    "services: { web: { build: . } }\n",
    { Dockerfile: "FROM box\nCOPY main /main\n", main: "m" },
    { holds: { "web:/main": "m" } },
  ),
  shaped(
    "a build with a .dockerignore that has exceptions",
    "web",
    "services: { web: { build: app } }\n",
    {
      "app/Dockerfile": dockerfile,
      "app/.dockerignore": "*\n!src\nsrc/*.tmp\n",
      "app/src/a": "a",
      "app/src/b.tmp": "b",
      "app/node_modules/big": "big",
    },
    { ignored: ["app/src/b.tmp", "app/node_modules"], holds: { "web:/app/src/a": "a" } },
  ),
  shaped(
    "a build with a Dockerfile of another name, and its own .dockerignore",
    "web",
    "services: { web: { build: { context: app, dockerfile: docker/Web.Dockerfile } } }\n",
    {
      "app/docker/Web.Dockerfile": dockerfile,
      "app/docker/Web.Dockerfile.dockerignore": "skip\n",
      "app/.dockerignore": "keep\n",
      "app/keep": "kept",
      "app/skip": "skipped",
    },
    { ignored: ["app/skip"], holds: { "web:/app/keep": "kept" } },
  ),
  shaped(
    "a build with arguments",
    "web",
    'services: { web: { build: { context: app, args: { V: "${V}", W: w } } } }\n',
    { ".env": "V=7\n", "app/Dockerfile": "FROM box\nARG V\nARG W\nENV BUILT=$V$W\n" },
    { built: { "web.BUILT": "7w" } },
  ),
  shaped(
    "a Dockerfile that is written in the file",
    "web",
    `services:
  web:
    build:
      context: app
      dockerfile_inline: |
        FROM box
        COPY note /note
`,
    { "app/note": "inline" },
    { holds: { "web:/note": "inline" } },
  ),
  shaped(
    "a build with a second context",
    "web",
    "services: { web: { build: { context: app, additional_contexts: { lib: ../lib } } } }\n",
    { "app/Dockerfile": "FROM box\nCOPY --from=lib l /l\n", "../lib/l": "second" },
    { holds: { "web:/l": "second" } },
  ),
  shaped(
    "a build with one of two targets",
    "web",
    "services: { web: { build: { context: app, target: first } } }\n",
    { "app/Dockerfile": "FROM box AS first\nENV T=first\nFROM first\nENV T=second\n" },
    { built: { "web.T": "first" } },
  ),
  shaped(
    "a build and an image name that another service uses",
    "job=1 web",
    "services: { web: { build: app, image: shared-by-two }, job: { image: shared-by-two, depends_on: [web] } }\n",
    { "app/Dockerfile": "FROM box\nENV I=shared\n" },
    { built: { "web.I": "shared", "job.I": "shared" } },
  ),
  shaped(
    "a link inside a build context",
    "web",
    "services: { web: { build: app } }\n",
    {
      "app/Dockerfile": dockerfile,
      "app/real/f": "real",
      "app/link": { link: "real" },
      "app/out": { link: "/etc/hostname" },
    },
    { holds: { "web:/app/link/f": "real" } },
  ),
  shaped(
    "a build context with odd names, an empty folder and a program",
    "web",
    "services: { web: { build: app } }\n",
    {
      "app/Dockerfile": "FROM box\nCOPY . /app\nRUN test -d /app/empty && /app/run.sh > /said\n",
      "app/two words/ü $x.txt": "odd",
      "app/empty": null,
      "app/run.sh": { text: "#!/bin/sh\necho ran\n", mode: 0o755 },
    },
    { holds: { "web:/app/two words/ü $x.txt": "odd", "web:/said": "ran\n" } },
  ),
  shaped(
    "a build whose Dockerfile lies outside of its context",
    "web",
    "services: { web: { build: { context: app, dockerfile: ../docker/Dockerfile } } }\n",
    { "docker/Dockerfile": dockerfile, "app/f": "f" },
    { holds: { "web:/app/f": "f" } },
  ),
  shaped(
    "a label file",
    "web",
    "services: { web: { image: box, label_file: ./labels } }\n",
    { labels: "one=1\ntwo=2\n" },
    { since: "2.33.0" },
  ),
  shaped(
    "what to watch while one develops",
    "web",
    "services: { web: { build: app, develop: { watch: [{ action: sync, path: ./app, target: /app }, { action: rebuild, path: ./package.json }] } } }\n",
    { "app/Dockerfile": dockerfile, "app/f": "f" },
    { holds: { "web:/app/f": "f" } },
  ),
];
