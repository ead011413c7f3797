import { type Shaped, shaped } from "./project.ts";

const job = (command: string) => `command: ["sh", "-c", ${JSON.stringify(command)}]`;

/** How many containers there are of what, in which order, and how they end. */
export const running: readonly Shaped[] = [
  shaped("replicas", "db web=3", "services: { web: { image: box, deploy: { replicas: 3 } }, db: { image: box } }\n"),
  shaped(
    "no replicas at all",
    "web worker=0",
    "services: { web: { image: box }, worker: { image: box, deploy: { replicas: 0 } } }\n",
  ),
  shaped("a scale", "web=2", "services: { web: { image: box, scale: 2 } }\n"),
  shaped(
    "replicas from a default",
    "web worker=0",
    'services: { web: { image: box }, worker: { image: box, deploy: { replicas: "${W:-0}" } } }\n',
  ),
  shaped(
    "a second file scales",
    "web=2",
    "services: { web: { image: box } }\n",
    { "scale.yaml": "services: { web: { deploy: { replicas: 2 } } }\n" },
    { use: { files: ["compose.yaml", "scale.yaml"] } },
  ),
  shaped(
    "a mode that knows no replicas",
    "web",
    "services: { web: { image: box, deploy: { mode: replicated, resources: { limits: { memory: 64M } } } } }\n",
  ),
  shaped(
    "a profile that is not asked for",
    "web",
    'services: { web: { image: box }, debug: { image: box, profiles: [debug], volumes: ["./not-there.conf:/c"] } }\n',
  ),
  shaped(
    "a profile that is asked for",
    "debug web",
    "services: { web: { image: box }, debug: { image: box, profiles: [debug] }, other: { image: box, profiles: [other] } }\n",
    {},
    { use: { profiles: ["debug"] } },
  ),
  shaped(
    "two profiles",
    "a b",
    "services: { a: { image: box, profiles: [a, x] }, b: { image: box, profiles: [b] }, c: { image: box, profiles: [c] } }\n",
    {},
    { use: { profiles: ["x", "b"] } },
  ),
  shaped(
    "all profiles",
    "a b",
    "services: { a: { image: box, profiles: [a] }, b: { image: box, profiles: [b] } }\n",
    {},
    { use: { profiles: ["*"] } },
  ),
  shaped(
    "profiles from .env",
    "db web",
    "services: { web: { image: box }, db: { image: box, profiles: [db] }, other: { image: box, profiles: [other] } }\n",
    { ".env": "COMPOSE_PROFILES=db,none\n" },
  ),
  shaped(
    "profiles of the manifest before those of .env",
    "other web",
    "services: { web: { image: box }, db: { image: box, profiles: [db] }, other: { image: box, profiles: [other] } }\n",
    { ".env": "COMPOSE_PROFILES=db\n" },
    { use: { profiles: ["other"] } },
  ),
  shaped(
    "a profile that a variable names",
    "db web",
    'services: { web: { image: box }, db: { image: box, profiles: ["${KIND}"] } }\n',
    { ".env": "KIND=sql\nCOMPOSE_PROFILES=sql\n" },
  ),
  shaped(
    "one that starts after another",
    "db web",
    "services: { web: { image: box, depends_on: [db] }, db: { image: box } }\n",
  ),
  shaped(
    "one that waits until another is healthy",
    "db web",
    `services:
  web: { image: box, depends_on: { db: { condition: service_healthy, restart: true } } }
  db: { image: box, healthcheck: { test: ["CMD", "true"], interval: 500ms, retries: 20 } }
`,
  ),
  shaped(
    "one that waits until a job has ended well",
    "migrate web",
    `services:
  web: { image: box, depends_on: { migrate: { condition: service_completed_successfully } }, volumes: ["data:/data"] }
  migrate: { image: box, ${job("echo migrated > /data/state")}, volumes: ["data:/data"] }
volumes: { data: }
`,
    {},
    { holds: { "web:/data/state": "migrated\n" } },
  ),
  shaped(
    "one that need not be there",
    "web",
    "services: { web: { image: box, depends_on: { debug: { condition: service_started, required: false } } }, debug: { image: box, profiles: [debug] } }\n",
  ),
  shaped(
    "a chain of three",
    "a b c",
    `services:
  a: { image: box, depends_on: { b: { condition: service_completed_successfully } } }
  b: { image: box, ${job("true")}, depends_on: { c: { condition: service_healthy } } }
  c: { image: box, healthcheck: { test: "test -d /tmp", interval: 500ms } }
`,
  ),
  shaped(
    "a health check that the file turns off",
    "web",
    "services: { web: { image: box, healthcheck: { disable: true } } }\n",
  ),
  shaped("a health check of the image", "web", "services: { web: { build: app } }\n", {
    "app/Dockerfile": "FROM box\nHEALTHCHECK --interval=1s CMD true\n",
  }),
  shaped(
    "a health check that begins to hold later",
    "web",
    `services: { web: { image: box, ${job("sleep 1; touch /tmp/ready; sleep 999")}, healthcheck: { test: ["CMD", "test", "-e", "/tmp/ready"], interval: 500ms, retries: 30 } } }\n`,
  ),
  shaped(
    "jobs alone, to their end",
    "one two",
    `services: { one: { image: box, ${job("echo one")} }, two: { image: box, ${job("echo two")}, depends_on: { one: { condition: service_completed_successfully } } } }\n`,
    {},
    { use: { wait: "completed" } },
  ),
  shaped(
    "a job beside what runs on",
    "job web",
    `services: { web: { image: box }, job: { image: box, ${job("echo done")}, restart: "no" } }\n`,
  ),
  shaped(
    "a job that fails, which nothing waits for",
    "job web",
    `services: { web: { image: box }, job: { image: box, ${job("echo no >&2; exit 3")} } }\n`,
    {},
    { fails: "compose.exited" },
  ),
  shaped(
    "restart policies",
    "a b c d",
    'services: { a: { image: box, restart: always }, b: { image: box, restart: unless-stopped }, c: { image: box, restart: "on-failure:3" }, d: { image: box, restart: "no" } }\n',
  ),
  shaped(
    "a job that is tried again until it succeeds",
    "job",
    `services: { job: { image: box, ${job("test -e /data/tried || { touch /data/tried; exit 1; }")}, restart: on-failure, volumes: ["data:/data"] } }\nvolumes: { data: }\n`,
  ),
  shaped(
    "a command and an entrypoint as texts",
    "web",
    "services: { web: { image: box, entrypoint: /bin/sh -c, command: \"'echo $$0; sleep 999'\" } }\n",
  ),
  shaped(
    "a user, a working folder and a read-only root",
    "web",
    'services: { web: { image: box, user: "1000:1000", working_dir: /tmp, read_only: true, tmpfs: [/scratch] } }\n',
  ),
  shaped("a name for its container", "web", "services: { web: { image: box, container_name: named-by-hand } }\n"),
  shaped(
    "a host name, hosts and a domain",
    "web",
    'services: { web: { image: box, hostname: h, extra_hosts: ["other:10.9.8.7"], domainname: example.com } }\n',
  ),
  shaped(
    "limits, capabilities and kernel settings",
    "web",
    'services: { web: { image: box, mem_limit: 64m, cap_drop: [ALL], cap_add: [CHOWN], security_opt: ["no-new-privileges:true"], pids_limit: 50, sysctls: { net.core.somaxconn: 128 }, ulimits: { nofile: { soft: 1000, hard: 2000 } } } }\n',
  ),
  shaped(
    "logging and labels in both forms",
    "a b",
    'services: { a: { image: box, labels: ["x=1", y], logging: { driver: json-file, options: { max-size: 1m } } }, b: { image: box, labels: { x: "1", "traefik.http.routers.b.rule": "Host(`b`)" } } }\n',
  ),
  shaped(
    "annotations, and what is attached",
    "web",
    "services: { web: { image: box, annotations: { a: b }, attach: false, stop_signal: SIGKILL, stop_grace_period: 1s } }\n",
  ),
  shaped("what is pulled when", "web", "services: { web: { image: box, pull_policy: missing } }\n"),
  shaped(
    "hooks around a start",
    "web",
    'services: { web: { image: box, post_start: [{ command: ["true"] }] } }\n',
    {},
    { since: "2.30.0" },
  ),
];

/** Networks between services. */
export const networks: readonly Shaped[] = [
  shaped(
    "networks with aliases",
    "db web",
    "services: { web: { image: box, networks: [front, back] }, db: { image: box, networks: { back: { aliases: [database, sql] } } } }\nnetworks: { front: , back: { internal: true } }\n",
  ),
  shaped(
    "a network with addresses of its own",
    "web",
    "services: { web: { image: box, networks: { n: { ipv4_address: 10.77.1.9 } } } }\nnetworks: { n: { ipam: { config: [{ subnet: 10.77.1.0/24 }] } } }\n",
  ),
  shaped(
    "the default network with a name and a label",
    "web",
    "services: { web: { image: box } }\nnetworks: { default: { name: named-network, labels: { a: b } } }\n",
  ),
  shaped(
    "the network of another service",
    "a b",
    'services: { a: { image: box }, b: { image: box, network_mode: "service:a", depends_on: [a] } }\n',
  ),
  shaped(
    "no network, and the host's",
    "a b",
    "services: { a: { image: box, network_mode: none }, b: { image: box, network_mode: host } }\n",
  ),
  shaped(
    "ports in all forms",
    "web",
    'services: { web: { image: box, expose: ["9000"], ports: ["18081:80", "127.0.0.1:18082:81", "18083:82/udp", { target: 83, published: "18084", mode: host, protocol: tcp }] } }\n',
  ),
  shaped(
    "links as older files have them",
    "db web",
    'services: { web: { image: box, links: ["db:database"] }, db: { image: box } }\n',
  ),
];
