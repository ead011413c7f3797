/** Where projects live on their hosts, one folder each. */
export const REMOTE_ROOT = "/var/lib/machinist/compose";

/**
 * What compose itself takes for a container of its own: an image that it built bears the labels of project and service as
 * well, and hands them to tasks of stacks and to whatever else is run of it.
 */
const OWN = '--filter "label=com.docker.compose.config-hash"';

/** $1 folder, $2 project. Two lines of the marker (owner, digest), then a tab-separated line per container. */
export const READ_PROJECT = `
if [ -f "$1/marker" ]; then head -n 2 "$1/marker"; else printf '\\n\\n'; fi
exec docker ps -a --no-trunc --filter "label=com.docker.compose.project=$2" ${OWN} \\
  --format '{{.Label "com.docker.compose.service"}}\t{{.Label "com.docker.compose.oneoff"}}\t{{.State}}\t{{.Status}}'
`;

/** $1 folder, $2 owner, $3 digest (empty: not finished). Replaces the marker whole. */
export const WRITE_MARKER = `set -eu
umask 077
mkdir -p "$1"
chmod 0700 "$1"
printf '%s\\n%s\\n' "$2" "$3" > "$1/marker.new"
mv "$1/marker.new" "$1/marker"
`;

/**
 * As an argument of `sh -c`. $1 folder, the names of files on stdin: what was noted of those that were carried, a line
 * `//`, and the SHA-256 of each that is there, as sha256sum prints it.
 */
export const LOOK_CARRIED = `set -u
cd "$1" 2> /dev/null && [ -d project ] || exit 0
if [ -f carried ]; then cat carried || exit 1; fi
printf '\\n//\\n'
cd project && tr '\\n' '\\0' | xargs -0 -r sha256sum -- 2> /dev/null
exit 0
`;

/**
 * $1 folder, which has the lists files.new and carried.new of what is there now: removes what an earlier upload left, but
 * for what was written to since, and puts the lists in place.
 */
export const REMOVE_STALE = `set -eu
cd "$1"
if [ -f files ]; then
  while IFS= read -r name; do
    case "$name" in ''|/*|../*|*/../*) continue ;; esac
    if grep -qxF -- "$name" files.new || [ ! -f "project/$name" ]; then continue; fi
    set -- $(sha256sum < "project/$name")
    if [ ! -f carried ] || sed -n "s/^$1 [0-7]* //p" carried | grep -qxF -- "$name"; then rm -f -- "project/$name"; fi
  done < files
fi
mv carried.new carried
mv files.new files
`;

/**
 * $1 project, $2 the folder of its files: the services whose containers still have an earlier file than the one that is
 * there now. A file is mounted as it was when its container was made, however it is replaced.
 */
export const STALE_MOUNTS = `set -u
docker ps -q --no-trunc --filter "label=com.docker.compose.project=$1" ${OWN} | while IFS= read -r id; do
  docker inspect --format '{{.State.Pid}}	{{index .Config.Labels "com.docker.compose.service"}}{{range .Mounts}}{{if eq .Type "bind"}}{{"\\n"}}{{.Source}}	{{.Destination}}{{end}}{{end}}' "$id" | {
    IFS='	' read -r pid service
    while IFS='	' read -r source target; do
      case "$source" in "$2"/*) ;; *) continue ;; esac
      [ -f "$source" ] || continue
      [ "$(sha256sum < "$source")" = "$(sha256sum < "/proc/$pid/root$target")" ] || { printf '%s\\n' "$service"; break; }
    done
  }
done | sort -u
`;

/** $1 folder: removes it. */
export const REMOVE_FOLDER = `rm -rf -- "$1"
`;

/** Runs a command when no other of these runs on the host: a machinist that was killed may have left one at work. */
const ALONE = `alone() {
  if command -v flock > /dev/null 2>&1; then exec flock /run/machinist-compose.lock "$@"; fi
  exec "$@"
}
`;

/** The arguments are the command. */
export const RUN_ALONE = `${ALONE}alone "$@"
`;

/**
 * As an argument of `sh -c`: lines `NAME BASE64` on stdin become variables of the command, which its arguments are. They
 * are in no file and no argument list; no value is ever evaluated.
 */
export const RUN_WITH_ENV = `${ALONE}
while IFS=' ' read -r name value; do
  value=$(printf %s "$value" | base64 -d && printf x) || exit 1
  export "$name=\${value%x}"
done
alone "$@" < /dev/null
`;

/** $1 project, $2 how many lines: the last output of each of its containers that ended badly. */
export const LAST_WORDS = `
docker ps -aq --filter "label=com.docker.compose.project=$1" ${OWN} --filter status=exited --filter status=dead |
while IFS= read -r id; do
  [ "$(docker inspect --format '{{.State.ExitCode}}' "$id")" = 0 ] || docker logs --tail "$2" "$id" 2>&1
done
`;

/**
 * $1 project. Without its compose file, docker compose takes a project apart by its labels; volumes stay.
 */
export const DOWN_PROJECT = `${ALONE}alone docker compose -p "$1" down --remove-orphans
`;

/** $1 folder to work in, $2 a file of K=V lines, the rest: docker's arguments. No line of the file is ever evaluated. */
export const DOCKER_WITH_ENV = `${ALONE}cd "$1" || exit 1
while IFS= read -r line; do
  case "$line" in *=*) export "$line" ;; esac
done < "$2"
shift 2
alone docker "$@"
`;

/** $1 stack. Line 1: whether this is a manager; then configs (C) that hold the marks and services (S). */
export const READ_STACK = `
docker info --format '{{.Swarm.ControlAvailable}}' || exit 1
docker config ls --filter "label=machinist.stack=$1" \\
  --format 'C	{{.Name}}	{{.Label "machinist.owner"}}	{{.Label "machinist.digest"}}' 2>/dev/null
exec docker service ls --filter "label=com.docker.stack.namespace=$1" --format 'S	{{.Name}}	{{.Replicas}}' 2>/dev/null
`;

/** $1 stack, $2 owner, $3 digest or empty, $4 name of the config. Leaves exactly this mark. */
export const MARK_STACK = `set -eu
if ! docker config inspect "$4" >/dev/null 2>&1; then
  printf '%s\\n' "$3" | docker config create --label "machinist.stack=$1" --label "machinist.owner=$2" \\
    --label "machinist.digest=$3" "$4" - >/dev/null
fi
docker config ls --filter "label=machinist.stack=$1" --format '{{.Name}}' | while IFS= read -r name; do
  [ "$name" = "$4" ] || docker config rm "$name" >/dev/null
done
`;

/** $1 stack. Waits until services and networks are gone; a network goes only after the last task that used it. */
export const REMOVE_STACK = `
filter="label=com.docker.stack.namespace=$1"
tries=0
while :; do
  [ -z "$(docker service ls -q --filter "$filter")$(docker network ls -q --filter "$filter")" ] &&
    [ -z "$(docker ps -q --filter "$filter")" ] && break
  tries=$((tries + 1))
  [ "$tries" -gt 90 ] && { echo "services, networks or containers of $1 are still there after 90 tries" >&2; exit 1; }
  docker stack rm "$1" >/dev/null 2>&1
  sleep 0.7
done
docker config ls --filter "label=machinist.stack=$1" --format '{{.Name}}' | while IFS= read -r name; do
  docker config rm "$name" >/dev/null || exit 1
done
`;
