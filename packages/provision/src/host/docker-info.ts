/** What a running dockerd says of itself. */
export interface DockerInfo {
  readonly root: string;
  readonly storage: string;
  /** It is a node of a Swarm, in whatever state. */
  readonly swarm: boolean;
}

/**
 * Shell: `docker_info` prints what dockerd says of itself, in JSON, or nothing. Asked by its socket, so that neither
 * variables nor contexts of the user's lead elsewhere.
 */
export const ASK_SCRIPT = `
docker_info() {
  { curl -fsS -m 20 --unix-socket /var/run/docker.sock http://docker/info || docker -H unix:///var/run/docker.sock info -f '{{json .}}'; } 2> /dev/null
}
`;

/** Undefined where dockerd did not answer. */
export function parseDockerInfo(text: string | undefined): DockerInfo | undefined {
  try {
    const { DockerRootDir, Driver, Swarm } = JSON.parse(text ?? "") as {
      DockerRootDir?: string;
      Driver?: string;
      Swarm?: { LocalNodeState?: string };
    };
    const node = Swarm?.LocalNodeState ?? "";
    if (!DockerRootDir) return undefined;
    return { root: DockerRootDir, storage: Driver ?? "", swarm: node !== "" && node !== "inactive" };
  } catch {
    return undefined;
  }
}
