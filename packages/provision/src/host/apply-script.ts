import { ASK_SCRIPT } from "./docker-info.ts";
import { turnScript } from "./turn-script.ts";
import { UNLOCK_SCRIPT } from "./unlock-script.ts";

/**
 * Puts files in place and makes dockerd take them over, or leaves everything as it was. `sh -c` takes this text, $1 the
 * action (none, reload, restart; reread: only the service manager's), $2 the service manager, $3 dockerd, $4 what live-restore is to be at before a restart,
 * $5 `hold` where Docker has to see afterwards what it sees now, and on stdin one file a line:
 *
 *     pending PATH MODE BASE64   at once: the marker that says what is still to be done
 *     lend    PATH MODE BASE64   before a restart: dockerd has to take it over, and to say so
 *     undo    PATH MODE BASE64   taken over by a dockerd that runs again with the old files
 *     file    PATH MODE BASE64   with the others, after all of them could be written
 *     remove  PATH MODE
 *     back    PATH MODE BASE64   taken over after the restart
 *     final   PATH MODE BASE64   when dockerd runs with the others
 *     drop    PATH MODE          removed last of all
 *     end
 *
 * MODE is octal, or `as-it-is` for what is the user's: all but its content stays, and a link goes on pointing where it does.
 *
 * Contents come by stdin and pass through shell builtins only, so that no key is ever seen in a process list. Without
 * the last line nothing is done: a connection that broke off gave half of it. Exit codes: 64 not whole, 65 refused by
 * dockerd's own check, 71 it did not take over what is lent, 73 could not be written, 70 dockerd did not take it and the old files are back,
 * 72 it did not see its images and containers any more and the old files are back, 74 all is done and its Swarm is
 * locked, 75 another one came after it.
 */
export const APPLY_SCRIPT = `
set -u
umask 077
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
action=$1 init=$2 dockerd=$3 told=\${4:-} hold=\${5:-}
work=/etc/docker/.machinist
${ASK_SCRIPT}${UNLOCK_SCRIPT}
${turnScript()}
unwritten() {
  # Builtins do not say why a write failed.
  df -Pk /etc/docker | { read -r _; read -r _ _ _ free _; [ "$free" -gt 64 ] || echo "/etc/docker: No space left on device" >&2; }
  rm -rf "$work/new"; rmdir "$work" 2> /dev/null
  exit 73
}
(umask 022 && mkdir -p /etc/docker) && rm -rf "$work/new" && mkdir -p "$work/new" || unwritten

count=0 whole=no
while read -r kind path mode content; do
  if [ "$kind" = end ]; then whole=yes; break; fi
  count=$((count + 1))
  printf '%s\\n' "$kind" > "$work/new/$count.kind" && printf '%s\\n' "$path" > "$work/new/$count.path" &&
    printf '%s\\n' "$mode" > "$work/new/$count.mode" || unwritten
  case $kind in remove | drop) continue ;; esac
  printf '%s' "$content" | base64 -d > "$work/new/$count" || unwritten
  if [ "$mode" = as-it-is ]; then mode=644; fi
  chmod "$mode" "$work/new/$count" || unwritten
  if [ "$kind" = file ] && [ "$path" = /etc/docker/daemon.json ] && [ -n "$dockerd" ]; then
    said=$("$dockerd" --validate --config-file "$work/new/$count" 2>&1)
    if [ $? -ne 0 ]; then
      case $said in *"unknown flag"*) ;; *) printf '%s\\n' "$said" >&2; rm -rf "$work/new"; rmdir "$work" 2> /dev/null; exit 65 ;; esac
    fi
  fi
done
if [ "$whole" != yes ]; then rm -rf "$work/new"; rmdir "$work" 2> /dev/null; exit 64; fi

each() {
  number=0
  while [ "$number" -lt "$count" ]; do
    number=$((number + 1))
    kind=$(cat "$work/new/$number.kind") path=$(cat "$work/new/$number.path") mode=$(cat "$work/new/$number.mode") link=
    if [ "$mode" = as-it-is ] && [ -L "$path" ]; then link=$path path=$(readlink -f "$path") || return 1; fi
    "$@" || return 1
  done
}
# A file's new version under another name beside it.
lay() {
  if [ "$mode" = as-it-is ] && [ -e "$path" ]; then cp -a "$path" "$1" && cat "$work/new/$number" > "$1"
  else cp -p "$work/new/$number" "$1"; fi
}
# Not by the name under which a file waits for its turn.
place() { lay "$path.machinist-now" && mv -f "$path.machinist-now" "$path"; }
# What a link points to is not removed, nor is the link: dockerd takes an empty object for no file.
gone() { if [ -n "$link" ]; then printf '{}\\n' > "$path"; else rm -f "$path"; fi; }
stage() {
  case $kind in
    pending) mkdir -p "\${path%/*}" && place ;;
    file) (umask 022 && mkdir -p "\${path%/*}") && lay "$path.machinist-new" ;;
  esac
}
keep() {
  name=$(printf '%s' "$path" | tr / _)
  if [ -e "$work/old/$name" ] || [ -e "$work/old/$name.absent" ]; then return 0; fi
  if [ ! -e "$path" ]; then : > "$work/old/$name.absent"; return; fi
  cp -a "$path" "$work/old/$name.part" && mv -f "$work/old/$name.part" "$work/old/$name"
}
swap() {
  case $kind in
    file) mv -f "$path.machinist-new" "$path" ;;
    remove) gone ;;
  esac
}
restore() {
  name=$(printf '%s' "$path" | tr / _)
  if [ -e "$work/old/$name" ]; then cp -a "$work/old/$name" "$path.machinist-new" && mv -f "$path.machinist-new" "$path"
  elif [ -e "$work/old/$name.absent" ]; then rm -f "$path"; fi
  rm -f "$path.machinist-new" "$path.machinist-now"
}
put() { if [ "$kind" = "$1" ]; then place; fi; }
drop() { if [ "$kind" = drop ]; then gone; fi; }
service() {
  if [ "$1" = reload ]; then order reload; return; fi
  key=
  if runs; then key=$(unlock_key); fi
  [ "$init" = openrc ] || { systemctl daemon-reload; systemctl reset-failed docker.service 2> /dev/null; }
  order "$1" || return 1
  if [ -n "$key" ]; then unlock || locked=yes; fi
}
order() { if [ "$init" = openrc ]; then timeout 120 rc-service docker "$1" 9>&-; else timeout 120 systemctl "$1" docker.service 9>&-; fi; }
runs() { if [ "$init" = openrc ]; then rc-service docker status > /dev/null 2>&1; else systemctl -q is-active docker.service; fi; }
journal() {
  if [ "$init" = openrc ]; then tail -n 20 /var/log/docker.log; else journalctl -u docker.service -n 20 --no-pager -o cat; fi
}

live_restore() { docker_info | sed -n 's/.*"LiveRestoreEnabled":\\([a-z]*\\).*/\\1/p'; }
# By what driver dockerd keeps what it has, how many containers and images those are, and where.
sight() {
  docker_info | sed -n 's/.*"Containers":\\([0-9]*\\).*"Images":\\([0-9]*\\).*"Driver":"\\([^"]*\\)".*"DockerRootDir":"\\([^"]*\\)".*/\\3 \\1 \\2 \\4/p'
}
# What was in sight has to be. How many there are is others' business, and so are containers that may end.
same_sight() {
  [ -n "$before" ] || return 0
  tries=0 after=
  while [ -z "$after" ] && [ "$tries" -lt 50 ]; do
    after=$(sight)
    [ -n "$after" ] || sleep 0.2 2> /dev/null || sleep 1
    tries=$((tries + 1))
  done
  [ -n "$after" ] || return 0
  printf '%s\\n' "$before" "$after" | {
    read -r driver containers images root; read -r driver2 containers2 images2 root2
    [ "$driver $root" = "$driver2 $root2" ] && { [ "$images" = 0 ] || [ "$images2" != 0 ]; } &&
      { [ "$told" != true ] || [ "$containers" = 0 ] || [ "$containers2" != 0 ]; } && exit 0
    echo "before: $containers containers and $images images in $root ($driver), after: $containers2 and $images2 in $root2 ($driver2)" >&2
    exit 1
  }
}
# Have dockerd take over files of one kind, if there are any, and wait until it has live-restore at what is said there.
tell() {
  grep -qx "$1" "$work"/new/*.kind || return 0
  each put "$1" && service reload >&2 || return 1
  tries=0
  until [ "$(live_restore)" = "$2" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 50 ]; then return 1; fi
    sleep 0.2 2> /dev/null || sleep 1
  done
}

# The old files are back, and with them the old dockerd.
put_back() {
  each restore
  if [ "$told" = true ]; then each put lend; fi
  if service restart > /dev/null 2>&1; then echo machinist-restored; tell undo false > /dev/null 2>&1; fi
  each restore
  rm -rf "$work"
  exit "$1"
}

locked=no before=
if [ "$hold" = hold ]; then before=$(sight); fi
mkdir -p "$work/old" && each keep && each stage || { each restore; rm -rf "$work/old"; unwritten; }
if ! tell lend "$told"; then each restore; service reload > /dev/null 2>&1; rm -rf "$work"; exit 71; fi
each swap || { each restore; tell undo false > /dev/null 2>&1; each restore; rm -rf "$work/old"; unwritten; }
if [ "$action" = reread ]; then
  [ "$init" = openrc ] || systemctl daemon-reload
elif [ "$action" != none ]; then
  # Asked for only where needed: on Debian it runs a slow script each time.
  if [ "$init" = openrc ]; then [ -e /etc/runlevels/default/docker ] || rc-update -q add docker default
  else [ -e /etc/systemd/system/multi-user.target.wants/docker.service ] || systemctl --quiet enable docker.service; fi > /dev/null 2>&1
  if ! service "$action" >&2; then journal >&2; put_back 70; fi
  if [ "$hold" = hold ] && ! same_sight; then put_back 72; fi
fi
tell back false
each put final && each drop || unwritten
rm -rf "$work"
if [ "$locked" = yes ]; then exit 74; fi
`;
