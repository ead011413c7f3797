/** Where projects live on their hosts, one folder each. */
const REMOTE_ROOT = "/var/lib/machinist/compose";

export const remoteFolder = (name: string): string => `${REMOTE_ROOT}/${name}`;

/** What is carried of a project. */
export const remoteProject = (name: string): string => `${remoteFolder(name)}/project`;

/**
 * What compose itself takes for a container of its own: an image that it built bears the labels of project and service as
 * well, and hands them to tasks of stacks and to whatever else is run of it.
 */
const OWN = '--filter "label=com.docker.compose.config-hash"';

/**
 * $1 folder, $2 project. Three lines of the marker (owner, digest, what was wanted), the host's time in seconds, then a line in
 * tabs for each container.
 */
export const READ_PROJECT = `
owner= digest= wanted=
[ ! -f "$1/marker" ] || { IFS= read -r owner; IFS= read -r digest; IFS= read -r wanted; } < "$1/marker"
printf '%s\\n' "$owner" "$digest" "$wanted"
date +%s
ids=$(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$2" ${OWN}) || exit 1
[ -n "$ids" ] || exit 0
docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}	{{index .Config.Labels "com.docker.compose.oneoff"}}	{{.State.Status}}	{{with .State.Health}}{{.Status}}{{end}}	{{.State.ExitCode}}	{{.RestartCount}}	{{.State.StartedAt}}	{{.ID}}' $ids 2> /dev/null && exit 0
# One may have gone meanwhile; whoever does not answer at all has not told that.
exec docker ps -q > /dev/null
`;

/** $1 folder, $2 owner, $3 digest (empty: not finished), $4 what is wanted, one line or nothing. Replaces the marker whole. */
export const WRITE_MARKER = `set -eu
umask 077
mkdir -p "$1"
chmod 0700 "$1"
printf '%s\\n%s\\n%s\\n' "$2" "$3" "\${4:-}" > "$1/marker.new"
mv "$1/marker.new" "$1/marker"
`;

/** $1 folder: what was noted of the files that were carried. Nothing where nothing was. */
export const READ_NOTE = `
[ -f "$1/carried" ] || exit 0
cat "$1/carried"
`;

/**
 * As an argument of `sh -c`. $1 folder, names on stdin, each ended by NUL: what is at each. For a link `lNAME`, NUL, where
 * it leads, NUL; for a folder `dNAME`, NUL, NUL; and then the SHA-256 of each file, as sha256sum prints it.
 */
export const LOOK_CARRIED = `set -u
names=$(mktemp) || exit 1
trap 'rm -f -- "$names"' EXIT
cat > "$names"
cd "$1/project" 2> /dev/null || exit 0
xargs -0 -r sh -c '
  for name; do
    if [ -L "./$name" ]; then printf "l%s\\0%s\\0" "$name" "$(readlink -- "./$name")"
    elif [ -d "./$name" ]; then printf "d%s\\0\\0" "$name"; fi
  done' sh < "$names"
xargs -0 -r sh -c '
  for name; do
    shift
    if [ -f "./$name" ] && [ ! -L "./$name" ]; then set -- "$@" "./$name"; fi
  done
  [ $# -eq 0 ] || sha256sum -- "$@" 2> /dev/null' sh < "$names"
exit 0
`;

/**
 * As an argument of `sh -c`. $1 folder, on stdin fields ended by NUL, four for each: `r - - NAME` removes a file, a link or an empty
 * folder, `m MODE UID:GID NAME` makes a folder, or changes it to that. What is below a link is not touched.
 */
export const TIDY_CARRIED = `set -eu
mkdir -p -- "$1/project"
cd "$1/project"
xargs -0 -r -n 400 sh -euc '
  plain() {
    way=.
    rest=$1/
    while [ -n "$rest" ]; do
      way=$way/\${rest%%/*}
      rest=\${rest#*/}
      if [ -L "$way" ] && [ -n "$rest" ]; then return 1; fi
    done
  }
  while [ $# -ge 4 ]; do
    op=$1 mode=$2 owner=$3 name=$4
    shift 4
    if ! plain "$name"; then
      if [ "$op" = r ]; then continue; fi
      echo "$name lies below a link there, where folders should be" >&2
      exit 1
    fi
    if [ "$op" = r ]; then
      if [ -L "./$name" ] || [ -f "./$name" ]; then rm -f -- "./$name"
      elif [ -d "./$name" ]; then rmdir -- "./$name" 2> /dev/null || :; fi
    else
      if [ -L "./$name" ]; then rm -f -- "./$name"; fi
      mkdir -p -- "./$name"
      chown "$owner" "./$name"
      chmod "$mode" "./$name"
    fi
  done' sh
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

/** $1 project: a line for each file or folder that a container of it mounts, service and source, in tabs. */
export const READ_MOUNTS = `
ids=$(docker ps -q --no-trunc --filter "label=com.docker.compose.project=$1" ${OWN}) || exit 1
[ -n "$ids" ] || exit 0
docker inspect --format '{{$service := index .Config.Labels "com.docker.compose.service"}}{{range .Mounts}}{{if eq .Type "bind"}}{{$service}}	{{.Source}}{{"\\n"}}{{end}}{{end}}' $ids 2> /dev/null
exec docker ps -q > /dev/null
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

/** Lines `NAME BASE64` on stdin become variables. They are in no file and no argument list; no value is ever evaluated. */
const TAKE_ENV = `
while IFS=' ' read -r name value; do
  value=$(printf %s "$value" | base64 -d && printf x) || exit 1
  export "$name=\${value%x}"
done
`;

/** As an argument of `sh -c`: its arguments are a command that gets the variables on stdin, see `TAKE_ENV`. */
export const RUN_WITH_ENV = `${ALONE}${TAKE_ENV}alone "$@" < /dev/null
`;

/** The same for a command that changes nothing, and so waits for no other. */
export const ASK_WITH_ENV = `${TAKE_ENV}exec "$@" < /dev/null
`;

/**
 * As an argument of `sh -c`: runs its arguments with the logins to registries that are the first line of stdin, in base64, of a
 * docker config.json. They are in memory only, and as long as that takes.
 */
export const WITH_LOGINS = `set -u
umask 077
for left in /run/machinist-login.*; do
  pid=\${left##*.}
  [ -d "$left" ] && [ ! -d "/proc/$pid" ] && rm -rf -- "$left"
done
logins=/run/machinist-login.$$
rm -rf -- "$logins"
mkdir "$logins" || exit 1
trap 'rm -rf -- "$logins"' EXIT
trap 'exit 1' HUP INT TERM
IFS= read -r line
printf %s "$line" | base64 -d > "$logins/config.json" || exit 1
own=\${DOCKER_CONFIG:-\${HOME:-/root}/.docker}
if [ -d "$own/cli-plugins" ]; then ln -s "$own/cli-plugins" "$logins/cli-plugins"; fi
DOCKER_CONFIG=$logins "$@"
`;

/** As an argument of `sh -c`: what its arguments print, the command that reads a project; a NUL, and the version of compose. */
export const READ_CONFIG = `"$@" || exit
printf '\\0'
docker compose version --short 2> /dev/null || :
`;

/** $1 project, $2 how many lines, $3 a service or nothing: the last output of its containers, else of those that ended badly. */
export const LAST_WORDS = `
if [ -n "$3" ]; then
  docker ps -aq --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.service=$3" ${OWN} |
  while IFS= read -r id; do docker logs --tail "$2" "$id" 2>&1; done
  exit
fi
docker ps -aq --filter "label=com.docker.compose.project=$1" ${OWN} --filter status=exited --filter status=dead |
while IFS= read -r id; do
  [ "$(docker inspect --format '{{.State.ExitCode}}' "$id")" = 0 ] || docker logs --tail "$2" "$id" 2>&1
done
`;

/**
 * As an argument of `sh -c`: runs its arguments with nothing of the host's own environment, which would be put into compose
 * files, but what docker needs.
 */
export const CLEAN = `exec env -i PATH="$PATH" HOME="\${HOME:-/root}" DOCKER_CONFIG="\${DOCKER_CONFIG:-\${HOME:-/root}/.docker}" "$@"
`;

/**
 * $1 project. Without its compose file, docker compose takes a project apart by its labels; volumes stay.
 */
export const DOWN_PROJECT = `${ALONE}alone docker compose -p "$1" down --remove-orphans
`;
