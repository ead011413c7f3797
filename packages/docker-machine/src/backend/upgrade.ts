import { opened } from "../backend/open.ts";
import { machineState, power, settled } from "../backend/operate.ts";
import { CliError } from "../cli-error.ts";
import type { Call } from "../command.ts";
import type { Host } from "../host/load.ts";

/** Bring the package that dockerd came in up to date, by whichever manager the host has. Nothing of it is anybody's input. */
const script = `set -e
dockerd=$(command -v dockerd) || { echo "there is no dockerd" >&2; exit 1; }
if command -v apt-get >/dev/null; then
  package=$(dpkg -S "$(readlink -f "$dockerd")" | cut -d: -f1 | head -n 1)
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update && apt-get -qq -y -o Dpkg::Options::=--force-confold install --only-upgrade "$package"
elif command -v dnf >/dev/null; then dnf -q -y upgrade "$(rpm -qf --qf '%{NAME}' "$dockerd")"
elif command -v yum >/dev/null; then yum -q -y update "$(rpm -qf --qf '%{NAME}' "$dockerd")"
elif command -v zypper >/dev/null; then zypper -q -n update "$(rpm -qf --qf '%{NAME}' "$dockerd")"
elif command -v apk >/dev/null; then apk -q upgrade docker
elif command -v pacman >/dev/null; then pacman -Syu --noconfirm
else echo "no package manager that is known here" >&2; exit 1
fi`;

/**
 * Docker's newest version that the host's package manager has; then every step of its configuration is checked again. A host
 * that is off is started for it.
 */
export async function upgrade(call: Call, machine: Host): Promise<void> {
  const { name, config } = machine;
  if (config.DriverName === "none")
    throw new CliError(`Host ${JSON.stringify(name)} has no SSH: its Docker is not ours to upgrade`);
  const machinist = await opened(call);
  const { state, error } = await machineState(call, machine, call.io.signal);
  if (error !== "") throw new CliError(error);
  if (state !== "Running") {
    call.io.out(`Starting machine so machine can be upgraded...\nStarting ${JSON.stringify(name)}...\n`);
    await power(call, "start", name);
    call.io.out(`Machine ${JSON.stringify(name)} was started.\n`);
  }
  call.io.out("Waiting for SSH to be available...\n");
  const host = await machinist.host(name, { signal: call.io.signal });
  call.io.out("Detecting the provisioner...\nUpgrading docker...\n");
  const { code, stderr } = await host.run(["sh", "-c", script], { sudo: true, signal: call.io.signal });
  if (code !== 0)
    throw new CliError(`Error upgrading docker: ${stderr.trim().slice(0, 1000) || `exit status ${code}`}`);
  call.io.out("Restarting docker...\n");
  await settled(call, machinist.provision([name], { signal: call.io.signal }));
}
