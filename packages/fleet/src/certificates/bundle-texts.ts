type Urls = ReadonlyMap<string, string>;

/** A script that prints what points a shell's docker at a machine, with the files beside it. Machine names and URLs are plain words. */
export function useScript(urls: Urls): string {
  const cases = [...urls].map(([name, url]) => `  ${name}) url=${url} ;;`);
  return [
    "#!/bin/sh",
    '# In a POSIX shell: eval "$(./use MACHINE)"',
    'folder=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 1',
    'case "${1-}" in',
    ...cases,
    `  *) echo "usage: $0 MACHINE (${[...urls.keys()].join(", ")})" >&2; exit 2 ;;`,
    "esac",
    'printf \'export DOCKER_TLS_VERIFY=1\\nexport DOCKER_HOST=%s\\nexport DOCKER_CERT_PATH="%s"\\n\' "$url" "$folder"',
    "",
  ].join("\n");
}

/** A script that makes a docker context of each machine. */
export function contextsScript(urls: Urls): string {
  const lines = [...urls].map(
    ([name, url]) =>
      `docker context create ${name} --docker "host=${url},ca=$folder/ca.pem,cert=$folder/cert.pem,key=$folder/key.pem"`,
  );
  return [
    "#!/bin/sh",
    "# Makes a docker context for each machine. Afterwards: docker --context MACHINE ps",
    "set -e",
    'folder=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)',
    ...lines,
    "",
  ].join("\n");
}

export function readme(name: string, urls: Urls): string {
  const machines = [...urls].map(([machine, url]) => `- ${machine}: ${url}`);
  const first = urls.keys().next().value ?? "MACHINE";
  return [
    `# Docker access of ${name}`,
    "",
    ...machines,
    "",
    "`key.pem` is secret: whoever has it has root on these machines. Keep this folder as you keep `~/.ssh`.",
    "",
    "For one shell (`docker` then talks to that machine):",
    "",
    `    eval "$(./use ${first})"`,
    "",
    "As docker contexts, for good:",
    "",
    "    ./contexts",
    `    docker --context ${first} ps`,
    "",
    "Elsewhere (PowerShell, programs): set DOCKER_TLS_VERIFY=1, DOCKER_HOST to a machine's address above, and",
    "DOCKER_CERT_PATH to this folder.",
    "",
  ].join("\n");
}
