import type { EngineSpec } from "@machinist/core";

/** How somebody's host may be when machinist comes to it. */
export interface HostState {
  readonly state: string;
  readonly image: "bare" | "docker";
  /** Shell lines that make it so, as root. */
  readonly made: readonly string[];
  /** The same, once a container runs there. */
  readonly more?: readonly string[];
  /** Undefined: it becomes a machine, and what is on it stays. Else the code by which it is refused before anything is written. */
  readonly refused?: string;
  /** Whose login it is; else root's. */
  readonly user?: string;
  readonly spec?: EngineSpec;
  /** Shell lines that must say the same before and after. */
  readonly same?: readonly string[];
  /** No container is started on it beforehand. */
  readonly empty?: boolean;
  /** Docker's restart ends its containers, and machinist says so: their start is not compared. */
  readonly restarts?: boolean;
  /** In `npm test`, too. */
  readonly quick?: boolean;
}

const D = "/etc/systemd/system/docker.service.d";
const dockerd = "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock";
const restart = "systemctl daemon-reload && systemctl restart docker";
const dropIn = (name: string, ...lines: string[]): string =>
  `mkdir -p ${D} && printf '%s\\n' '[Service]' ${lines.map((line) => `'${line}'`).join(" ")} > ${D}/${name}`;
const daemonJson = (value: unknown): string =>
  `mkdir -p /etc/docker && printf '%s' '${JSON.stringify(value)}' > /etc/docker/daemon.json`;
const options = (text: string): string => `echo 'DOCKER_OPTS="${text}"' > /etc/default/docker`;
const marks = "stat -c '%N %a %U:%G' /etc/docker/daemon.json";
const swarm = "docker swarm init --advertise-addr $(hostname -I | cut -d' ' -f1)";
const service =
  "docker image inspect tiny > /dev/null 2>&1 || { tar -chf - -C / $(ldd /usr/bin/sleep | grep -o '/[^ ]*' | sed 's#^/##') usr/bin/sleep | docker import - tiny; }; docker service create -d --name web --replicas 2 tiny sleep 1000000";
const nodes = "docker node ls --format '{{.ID}} {{.Availability}}'; docker service ls --format '{{.ID}} {{.Name}}'";
const environ = "tr '\\0' '\\n' < /proc/$(pidof dockerd)/environ | grep -i proxy | sort";
const ops = (sudoers: string): string =>
  `useradd -m ops && cp -r /root/.ssh /home/ops/ && chown -R ops: /home/ops/.ssh && printf '%s\\n' ${sudoers} > /etc/sudoers.d/ops`;
const nopasswd = "'ops ALL=(ALL) NOPASSWD:ALL'";
const shell = (name: string): readonly string[] => [
  `apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y ${name} > /dev/null 2>&1`,
  ops(nopasswd),
  `usermod -s $(command -v ${name}) ops`,
];
const docker = { image: "docker" } as const;
const bare = { image: "bare", empty: true } as const;

export const states: readonly HostState[] = [
  { ...docker, state: "Docker as its package left it", made: [], quick: true },
  {
    ...{ ...docker, state: "data root by a drop-in that sorts before ours", quick: true },
    made: [dropIn("10-root.conf", "ExecStart=", `ExecStart=${dockerd} --data-root /srv/d $DOCKER_OPTS`), restart],
  },
  {
    ...{ ...docker, state: "data root by override.conf, beside an earlier drop-in" },
    made: [
      dropIn("10-log.conf", "ExecStart=", `ExecStart=${dockerd} --log-level=warn`),
      dropIn("override.conf", "ExecStart=", `ExecStart=${dockerd} --log-level=error --data-root /srv/d`),
      restart,
    ],
    same: ["tr '\\0' ' ' < /proc/$(pidof dockerd)/cmdline | grep -o 'log-level=[a-z]*'"],
  },
  {
    ...{ ...docker, state: "a drop-in that sorts after ours and says how dockerd starts", refused: "provision.unit" },
    made: [dropIn("zzz.conf", "ExecStart=", `ExecStart=${dockerd} --data-root /srv/d`), restart],
    quick: true,
  },
  {
    ...{ ...docker, state: "a drop-in that sorts after ours and sets limits alone" },
    made: [dropIn("zzz.conf", "LimitNOFILE=4096"), restart],
    same: ["grep 'open files' /proc/$(pidof dockerd)/limits"],
  },
  { ...docker, state: "data root by a flag", made: [options("--data-root=/srv/d"), restart] },
  { ...docker, state: "data root by daemon.json", made: [daemonJson({ "data-root": "/srv/d" }), restart], quick: true },
  {
    ...{ ...docker, state: "a unit of the owner's own in /etc" },
    made: [
      "sed 's#^ExecStart=.*#ExecStart=/usr/sbin/dockerd -H fd:// --data-root /srv/d#' /usr/lib/systemd/system/docker.service > /etc/systemd/system/docker.service",
      restart,
    ],
  },
  {
    ...{ ...docker, state: "userns-remap" },
    made: [daemonJson({ "userns-remap": "default" }), restart],
    same: ["docker info -f '{{.SecurityOptions}}'"],
  },
  { ...docker, state: "Swarm manager with a service", made: [swarm, service], same: [nodes], restarts: true },
  {
    ...{ ...docker, state: "Swarm manager that locks itself" },
    ...{ made: [`${swarm} --autolock`, service], same: [nodes], restarts: true },
  },
  {
    ...{ ...docker, state: "Swarm manager whose data is elsewhere" },
    made: [options("--data-root=/srv/d"), restart, swarm],
    ...{ same: [nodes], restarts: true },
  },
  {
    ...{ ...docker, state: "a proxy with a password in a drop-in" },
    made: [
      dropIn("http-proxy.conf", 'Environment="HTTP_PROXY=http://me:hunter2@127.0.0.1:9" "NO_PROXY=localhost"'),
      restart,
    ],
    same: [environ],
  },
  {
    ...{ ...docker, state: "a proxy in daemon.json" },
    made: [daemonJson({ proxies: { "http-proxy": "http://me:hunter2@127.0.0.1:9" } }), restart],
    same: ["docker info -f '{{.HTTPProxy}}'"],
  },
  {
    ...{ ...docker, state: "docker.service masked", refused: "provision.unit", empty: true },
    made: ["systemctl stop docker.socket docker; systemctl mask docker.service 2> /dev/null"],
    same: ["systemctl is-enabled docker.service || true"],
  },
  {
    ...{ ...docker, state: "login by a user with tcsh", user: "ops", made: shell("tcsh") },
    same: ["getent passwd ops"],
  },
  {
    ...{ ...docker, state: "login by a user with fish", user: "ops", made: shell("fish") },
    same: ["getent passwd ops"],
  },
  {
    ...{ ...docker, state: "sudo that requires a terminal", user: "ops", refused: "ssh.sudo" },
    made: [ops(`'Defaults requiretty' ${nopasswd}`)],
  },
  {
    ...{ ...docker, state: "sudo that asks for a password", user: "ops", refused: "ssh.sudo" },
    made: [ops("'ops ALL=(ALL) ALL'")],
  },
  { ...docker, state: "live-restore already on", made: [daemonJson({ "live-restore": true }), restart] },
  {
    ...{ ...docker, state: "daemon.json of another owner, 0600, through a link, with a secret and a byte order mark" },
    made: [
      "useradd -m admin; mkdir -p /etc/site /etc/docker",
      `printf '\\357\\273\\277%s' '{"log-opts":{"max-size":"1m"},"http-headers":{"X":"hunter2"}}' | sed 's#,"http-headers.*#}#' > /etc/site/daemon.json`,
      "chown admin: /etc/site/daemon.json; chmod 600 /etc/site/daemon.json; ln -s ../site/daemon.json /etc/docker/daemon.json",
      restart,
    ],
    same: [marks, "stat -c '%a %U:%G %F' /etc/site/daemon.json"],
    quick: true,
  },
  {
    ...{ ...docker, state: "daemon.json that is no JSON, beside a Docker that runs", refused: "provision.daemon-json" },
    made: ["mkdir -p /etc/docker && echo '{ \"debug\": true, }' > /etc/docker/daemon.json"],
  },
  {
    ...{ ...docker, state: "TLS already on by daemon.json", refused: "provision.daemon-json", empty: true },
    made: [daemonJson({ hosts: ["tcp://0.0.0.0:2376"], tlsverify: true, tlscacert: "/etc/docker/theirs.pem" })],
  },
  {
    ...{ ...docker, state: "a TCP port without TLS by a flag", refused: "provision.unit" },
    made: [options("-H tcp://127.0.0.1:2375"), restart],
  },
  {
    ...{ ...docker, state: "another group for Docker's socket" },
    made: [
      "groupadd builders; mkdir -p /etc/systemd/system/docker.socket.d",
      "printf '%s\\n' '[Socket]' SocketGroup=builders SocketMode=0600 > /etc/systemd/system/docker.socket.d/group.conf",
      "systemctl daemon-reload; systemctl stop docker docker.socket; systemctl start docker.socket docker",
    ],
    same: ["stat -c '%U:%G %a' /run/docker.sock"],
  },
  {
    ...{ ...docker, state: "settings of containerd" },
    made: [
      "mkdir -p /etc/containerd; printf '%s\\n' 'version = 2' 'oom_score = -500' > /etc/containerd/config.toml",
      "systemctl restart containerd && systemctl restart docker",
    ],
    same: ["systemctl show containerd -p MainPID"],
  },
  {
    ...{ ...docker, state: "iptables switched off, an address pool and a registry mirror of the owner's" },
    made: [
      daemonJson({
        iptables: false,
        "default-address-pools": [{ base: "10.99.0.0/16", size: 24 }],
        "registry-mirrors": ["http://127.0.0.1:5000"],
      }),
      restart,
    ],
    same: ["docker info -f '{{.RegistryConfig.Mirrors}}'"],
  },
  {
    ...{ ...docker, state: "containers that are paused, stopped, and restarted by policy", made: [] },
    more: [
      "docker network create own; docker run -d --name always --restart always --network own tiny sleep 1000000",
      "docker run -d --name paused tiny sleep 1000000; docker pause paused",
      // A first process takes no notice of being asked to go.
      "docker run -d --name stopped tiny sleep 1000000; docker stop -t 0 stopped",
    ],
    same: ["docker ps -a --format '{{.Names}} {{.State}}' | sort"],
  },
  {
    ...{ ...docker, state: "/etc that is read-only", refused: "provision.configure" },
    made: ["mount --bind /etc /etc && mount -o remount,ro,bind /etc"],
  },
  {
    ...{ ...docker, state: "a label of the owner's that dockerd is started with", refused: "provision.unit" },
    made: [options("--label site=a"), restart],
  },
  {
    ...{ ...docker, state: "a script that starts dockerd", refused: "provision.unit" },
    made: [dropIn("10-script.conf", "ExecStart=", `ExecStart=/bin/sh -c "exec ${dockerd}"`), restart],
  },
  {
    ...{ ...docker, state: "a dockerd beside docker.service, as a snap has it", refused: "provision.unit" },
    made: [
      "systemctl stop docker.socket docker; systemctl disable docker.socket docker 2> /dev/null; mkdir -p /var/snap/docker",
      "systemd-run --unit=snap.docker.dockerd /usr/sbin/dockerd --data-root /var/snap/docker/data --pidfile /run/snap-docker.pid",
      "for n in $(seq 100); do docker info > /dev/null 2>&1 && break; sleep 0.1; done",
    ],
    same: ["systemctl show snap.docker.dockerd -p MainPID"],
  },
  {
    ...{ ...bare, state: "no Docker, and none is to be installed", made: [], refused: "provision.docker-missing" },
    spec: { install: "none" },
  },
  {
    ...{ ...bare, state: "no Docker, and packages of the owner's in its way", refused: "provision.conflict" },
    made: [
      "mkdir -p /root/p/DEBIAN && printf '%s\\n' 'Package: containerd.io' 'Version: 1.0' 'Architecture: all' 'Maintainer: x <x@y.example>' 'Provides: containerd' 'Conflicts: containerd, runc' 'Replaces: containerd, runc' 'Description: x' > /root/p/DEBIAN/control && dpkg-deb -b /root/p > /dev/null && dpkg -i /root/p.deb > /dev/null",
    ],
  },
  { ...bare, state: "no Docker, and packages and files of the owner's", made: ["useradd -m admin; echo x > /srv/x"] },
];
