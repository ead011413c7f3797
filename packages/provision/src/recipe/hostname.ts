import { MachinistError } from "@machinist/core";
import { hasHostname } from "../drift.ts";
import { failure } from "../host/failure.ts";
import { PROBE_SCRIPT } from "../host/probe-script.ts";
import { lookAt } from "./read-facts.ts";
import type { Stage } from "./work.ts";

/** Sets the name for now and for later, and makes it resolvable: sudo is slow on hosts that do not know their own name. */
const HOSTNAME_SCRIPT = `
set -e
name=$1
file=$(readlink -f /etc/hostname) || file=/etc/hostname
if [ -e "$file" ]; then cp -a "$file" "$file.machinist-new"; fi
printf '%s\\n' "$name" > "$file.machinist-new"
mv -f "$file.machinist-new" "$file"
is_set() { [ "$(uname -n)" = "$name" ]; }
# hostnamed refuses some names, takes others in its own way, and may not run; in a container /proc/sys may be read-only.
if command -v hostnamectl > /dev/null && hostnamectl set-hostname "$name" 2> /dev/null && is_set; then :
elif command -v hostname > /dev/null && hostname "$name" 2> /dev/null && is_set; then :
else printf '%s\\n' "$name" > /proc/sys/kernel/hostname; fi
if ! grep -qiE "^[^#]*[[:space:]]$name([[:space:]]|\\$)" /etc/hosts; then
  { grep -v '^127\\.0\\.1\\.1[[:space:]]' /etc/hosts || true; printf '127.0.1.1\\t%s\\n' "$name"; } > /etc/hosts.machinist-new
  chmod 644 /etc/hosts.machinist-new
  cat /etc/hosts.machinist-new > /etc/hosts
  rm -f /etc/hosts.machinist-new
fi
set +e
`;

export const hostnameStage: Stage = {
  steps: [{ name: "hostname", done: ({ props, state }) => !props.hostname || hasHostname(state, props) }],
  async apply(work) {
    const output = await work.reach.script(HOSTNAME_SCRIPT + PROBE_SCRIPT, [work.props.machine]);
    if (output.code !== 0) {
      throw (
        failure(output, work.props.machine) ??
        new MachinistError("provision.hostname", `The hostname of ${work.props.machine} could not be set`, {
          hint: "Set `engine.hostname: false` to leave it as it is.",
          cause: output.stderr.trim(),
        })
      );
    }
    await lookAt(work, output.stdout);
  },
};
