/**
 * $1 stack. Fails where this is no manager. Line 1: true. Then, tab-separated: the host's clock (N); configs that hold the marks, with
 * what was noted (C) and their place in the Swarm's history (V); services with what Swarm tells of each (S, I); their tasks
 * (T), and of those that failed, what and when (F). This is asked again and again while a stack comes up, so docker, which starts
 * slowly, is run as few times as can be: who can list configs is a manager.
 */
export const READ_STACK = `
stack=$1
own() { docker service ls --filter "label=com.docker.stack.namespace=$stack" --format 'S	{{.Name}}	{{.Replicas}}	{{.ID}}'; }
marks=$(docker config ls --filter "label=machinist.stack=$stack" \\
  --format 'C	{{.Name}}	{{.Label "machinist.owner"}}	{{.Label "machinist.digest"}}	{{.Label "machinist.services"}}') || exit 1
services=$(own) || exit 1
printf 'true\\nN\t%s\\n%s\\n%s\\n' "$(date +%s)" "$marks" "$services"
[ -n "$marks" ] && [ -n "$services" ] || exit 0
docker config inspect --format 'V	{{.Spec.Name}}	{{.Version.Index}}' $(printf '%s\\n' "$marks" | cut -f 2) 2>/dev/null
docker service inspect --format 'I	{{.Spec.Name}}	{{json .}}' $(printf '%s\\n' "$services" | cut -f 4) 2>/dev/null
tasks=$(docker stack ps --no-trunc --format 'T	{{.ID}}	{{.Name}}	{{.DesiredState}}	{{.CurrentState}}	{{.Error}}' "$stack" 2>/dev/null)
printf '%s\\n' "$tasks"
failed=$(printf '%s\\n' "$tasks" | awk -F '\t' '$5 ~ /^(Failed|Rejected)/ { print $2 }')
[ -z "$failed" ] || docker inspect --type task --format 'F	{{.ID}}	{{.Version.Index}}	{{json .Status}}' $failed 2>/dev/null
exit 0
`;

/**
 * $1 stack, $2 owner, $3 digest or empty, $4 name of the config, $5 what is noted of the services. Leaves exactly this mark.
 */
export const MARK_STACK = `set -eu
if ! docker config inspect "$4" >/dev/null 2>&1; then
  printf '%s\\n' "$3" | docker config create --label "machinist.stack=$1" --label "machinist.owner=$2" \\
    --label "machinist.digest=$3" --label "machinist.services=$5" "$4" - >/dev/null
fi
docker config ls --filter "label=machinist.stack=$1" --format '{{.Name}}' | while IFS= read -r name; do
  [ "$name" = "$4" ] || docker config rm "$name" >/dev/null
done
`;

/** $1 folder: recreates it, for root alone. */
export const FRESH_FOLDER = `set -eu
rm -rf -- "$1"
umask 077
mkdir -p -- "$1"
`;

/**
 * $1 label, then pairs of a type and a name. A line for each: the type, the name, and what is there: nothing, the scope of a
 * network, of a config or secret its label (L), or where a `content` has none, that content (D).
 */
export const LOOK_OBJECTS = `
label=$1
shift
while [ "$#" -gt 1 ]; do
  type=$1
  form="L{{index .Spec.Labels \\"$label\\"}}"
  case "$1" in
    network) form='{{.Scope}}' ;;
    content) type=config form="{{with index .Spec.Labels \\"$label\\"}}L{{.}}{{else}}D{{json .Spec.Data}}{{end}}" ;;
  esac
  if ! found=$(docker "$type" inspect --format "$form" "$2" 2>&1); then
    case "$found" in
      *[Nn]'o such'* | *'not found'*) found= ;;
      *) printf '%s\\n' "$found" >&2; exit 1 ;;
    esac
  fi
  printf '%s\t%s\t%s\\n' "$1" "$2" "$found"
  shift 2
done
`;

/** $1 stack, then the names that are wanted: removes its other configs and secrets, but for those that a service uses. */
export const REMOVE_UNUSED = `
stack=$1
shift
for type in config secret; do
  docker "$type" ls --filter "label=com.docker.stack.namespace=$stack" --format '{{.Name}}' | while IFS= read -r name; do
    for wanted in "$@"; do [ "$name" != "$wanted" ] || continue 2; done
    said=$(docker "$type" rm "$name" 2>&1) && printf 'removed\t%s\t%s\\n' "$type" "$name" && continue
    case "$said" in
      *'in use'*) printf 'used\t%s\t%s\\n' "$type" "$name" ;;
      *'no such'* | *'not found'*) ;;
      *) printf '%s\\n' "$said" >&2; exit 1 ;;
    esac
  done || exit 1
done
`;

/** $1 a task or service, $2 how many lines: the last that it wrote. A node that is away is not waited for. */
export const SERVICE_LOGS = `
limit=
if command -v timeout > /dev/null 2>&1; then limit='timeout 20'; fi
$limit docker service logs --raw --tail "$2" "$1" 2>&1
exit 0
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
for type in config secret; do
  docker "$type" ls --filter "$filter" --format '{{.Name}}' | while IFS= read -r name; do
    docker "$type" rm "$name" >/dev/null || exit 1
  done || exit 1
done
docker config ls --filter "label=machinist.stack=$1" --format '{{.Name}}' | while IFS= read -r name; do
  docker config rm "$name" >/dev/null || exit 1
done
`;
