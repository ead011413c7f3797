import type { DockerHosts } from "./docker-hosts.ts";
import { fetchFromDebian } from "./from-debian.ts";

/** A registry on a host's own loopback, where docker takes plain HTTP, that lets in one user alone. */
export interface LoginRegistry {
  readonly name: string;
  /** docker's config.json with this user's login, or with another password. */
  config(password?: string): string;
  readonly password: string;
  stop(): Promise<void>;
}

const USER = "team";
const PASSWORD = "quiet-5f1c88";

/** Debian's docker-registry. */
export async function startLoginRegistry(lab: DockerHosts, host: string, port: number): Promise<LoginRegistry> {
  const program = await fetchFromDebian("docker-registry", /(^|\/)bin\/docker-registry$/, lab.folder);
  const connected = await lab.pool.connect(host);
  await connected.upload(new Map([["docker-registry", { path: program }]]), "/opt/registry", { sudo: true });
  await connected.close();
  const name = `127.0.0.1:${port}`;
  const config = [
    "version: 0.1",
    "storage: { filesystem: { rootdirectory: /var/lib/registry } }",
    `http: { addr: "${name}" }`,
    "auth: { htpasswd: { realm: test, path: /opt/registry/users } }",
  ].join("\n");
  await lab.sh(
    host,
    `cd /opt/registry && chmod 755 docker-registry
printf '%s\\n' '${config}' > config.yml
perl -e 'print "${USER}:", crypt("${PASSWORD}", q($2y$05$abcdefghijklmnopqrstuu)), "\\n"' > users
systemd-run -q --unit=login-registry /opt/registry/docker-registry serve /opt/registry/config.yml
for try in $(seq 100); do curl -so /dev/null http://${name}/v2/ && exit; sleep 0.1; done; exit 1`,
  );
  return {
    name,
    password: PASSWORD,
    config: (password = PASSWORD) =>
      JSON.stringify({ auths: { [name]: { auth: Buffer.from(`${USER}:${password}`).toString("base64") } } }),
    stop: () => lab.sh(host, "systemctl stop login-registry; rm -rf /opt/registry /var/lib/registry").then(() => {}),
  };
}
