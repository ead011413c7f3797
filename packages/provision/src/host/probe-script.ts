import { ASK_SCRIPT } from "./docker-info.ts";

/**
 * Everything the recipe wants to know of a host, in one go: `key=value` lines, files as base64. It changes nothing and
 * needs no more than POSIX sh, base64 and (where there are such) systemctl and dockerd's own answer. Kept cheap: it is the whole cost of a look.
 */
export const PROBE_SCRIPT = `${ASK_SCRIPT}
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
value() { printf '%s=%s\\n' "$1" "$2"; }
file() {
  if [ -f "$2" ]; then printf 'file:%s=%s\\n' "$1" "$(base64 < "$2" | tr -d '\\n')"; fi
}
value begin machinist-facts
value arch "$(uname -m)"
value hostname "$(cat /proc/sys/kernel/hostname)"
file os-release /etc/os-release
file hosts /etc/hosts
file marker /etc/docker/machinist.json
file daemon-json /etc/docker/daemon.json
file ca /etc/docker/ca.pem
file server /etc/docker/server.pem
if [ -f /etc/docker/server-key.pem ]; then
  value key-digest "$(sha256sum < /etc/docker/server-key.pem | cut -d' ' -f1)"
  value key-mode "$(stat -c %a /etc/docker/server-key.pem)"
fi
if [ -f /etc/docker/machinist.env ]; then
  value env-digest "$(sha256sum < /etc/docker/machinist.env | cut -d' ' -f1)"
  value env-mode "$(stat -c %a /etc/docker/machinist.env)"
fi
active=
dockerd=$(command -v dockerd || true)
value dockerd "$dockerd"
if [ -n "$dockerd" ]; then value binary "$(stat -L -c %s:%Y "$dockerd")"; fi
for folder in /usr/libexec /usr/lib /usr/local/libexec /usr/local/lib; do
  if [ -e "$folder/docker/cli-plugins/docker-compose" ]; then value compose yes; break; fi
done
for program in curl wget cloud-init; do
  if command -v "$program" > /dev/null; then value "$program" yes; fi
done
if [ -d /run/systemd/system ]; then
  value init systemd
  if [ -n "$dockerd" ]; then
    show=$(systemctl show docker.service -p ActiveState -p UnitFileState -p NeedDaemonReload -p ExecStart -p LoadState -p MainPID \\
      -p Environment -p EnvironmentFiles -p FragmentPath -p DropInPaths 2> /dev/null)
    property() { printf '%s\\n' "$show" | sed -n "s/^$1=//p"; }
    printf '%s\\n' "$show" | sed 's/^/systemd:/'
    if [ "$(property ActiveState)" = active ]; then active=yes; fi
    for path in $(property FragmentPath) $(property DropInPaths); do file "unit:$path" "$path"; done
    case $(property ExecStart) in *'$'*)
      property EnvironmentFiles | sed 's/ (ignore_errors=[a-z]*)$//' | while read -r path; do
        if [ "$path" != /etc/docker/machinist.env ]; then file "env:$path" "$path"; fi
      done ;;
    esac
  fi
  file drop-in /etc/systemd/system/docker.service.d/zz-machinist.conf
  file earlier-drop-in /etc/systemd/system/docker.service.d/10-machinist.conf
  file docker-machine /etc/systemd/system/docker.service.d/10-machine.conf
elif command -v rc-service > /dev/null; then
  value init openrc
  file openrc /etc/conf.d/docker
  if [ -n "$dockerd" ] && rc-service docker status > /dev/null 2>&1; then active=yes; value systemd:ActiveState active; fi
  if [ -e /etc/runlevels/default/docker ]; then value systemd:UnitFileState enabled; fi
fi
# Restarting Docker ends containers, unless it is told before to leave them alone; nodes of a Swarm refuse to be told.
containers= others=
for process in /proc/[0-9]*; do
  { read -r program < "$process/comm"; } 2> /dev/null || continue
  case $program in
    containerd-shim) containers=yes ;;
    dockerd) others="$others \${process#/proc/}" ;;
  esac
done
if [ -n "$containers" ]; then value containers yes; fi
# Root's, of this host and not of a container on it, and not the service's: a snap has one, or a script.
if [ -d /run/systemd/system ] && [ -z "$active" ]; then
  main=$(printf '%s\\n' "\${show:-}" | sed -n 's/^MainPID=//p')
  for pid in $others; do
    if [ "$pid" = "$main" ] || [ "$(stat -c %u "/proc/$pid" 2> /dev/null)" != 0 ]; then continue; fi
    # One that the service has begun to start since it was asked is in its control group.
    if grep -q '/docker\\.service' "/proc/$pid/cgroup" 2> /dev/null; then continue; fi
    if [ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink /proc/self/ns/pid)" ]; then continue; fi
    value foreign "$(readlink "/proc/$pid/exe")"
  done
fi
# A dockerd that does not run is not asked: its socket would start it.
said=
if [ -n "$active" ]; then said=$(docker_info); fi
if [ -n "$said" ]; then printf 'file:info=%s\\n' "$(printf '%s' "$said" | base64 | tr -d '\\n')"
else
  # Nobody can be asked.
  root=$(sed -n 's/.*"data-root"[[:space:]]*:[[:space:]]*"\\([^"]*\\)".*/\\1/p' /etc/docker/daemon.json 2> /dev/null)
  for state in "\${root:-/var/lib/docker}/swarm" "\${root:-/var/lib/docker}"/*.*/swarm; do
    if [ -e "$state/docker-state.json" ]; then value swarm yes; break; fi
  done
fi
value end machinist-facts
`;
