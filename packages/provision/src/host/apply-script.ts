import { turnScript } from "./turn-script.ts";

/**
 * Puts files in place and makes dockerd take them over, or leaves everything as it was. `sh -c` takes this text, $1 the
 * action (none, reload, restart; reread: only the service manager's), $2 the service manager, $3 dockerd, $4 what live-restore is to be at before a restart, and
 * on stdin one file a line:
 *
 *     pending PATH MODE BASE64   at once: the marker that says what is still to be done
 *     lend    PATH MODE BASE64   before a restart: dockerd has to take it over, and to say so
 *     undo    PATH MODE BASE64   taken over by a dockerd that runs again with the old files
 *     file    PATH MODE BASE64   with the others, after all of them could be written
 *     remove  PATH
 *     back    PATH MODE BASE64   taken over after the restart
 *     final   PATH MODE BASE64   when dockerd runs with the others
 *     drop    PATH               removed last of all
 *     end
 *
 * Contents come by stdin and pass through shell builtins only, so that no key is ever seen in a process list. Without
 * the last line nothing is done: a connection that broke off gave half of it. Exit codes: 64 not whole, 65 refused by
 * dockerd's own check, 71 it did not take over what is lent, 73 could not be written, 70 dockerd did not take it and the old files are back,
 * 75 another one came after it.
 */
export const APPLY_SCRIPT = `
set -u
umask 077
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
action=$1 init=$2 dockerd=$3 told=\${4:-}
work=/etc/docker/.machinist
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
  printf '%s\\n' "$kind" > "$work/new/$count.kind" && printf '%s\\n' "$path" > "$work/new/$count.path" || unwritten
  case $kind in remove | drop) continue ;; esac
  printf '%s' "$content" | base64 -d > "$work/new/$count" && chmod "$mode" "$work/new/$count" || unwritten
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
    kind=$(cat "$work/new/$number.kind") path=$(cat "$work/new/$number.path")
    "$@" || return 1
  done
}
# Not by the name under which a file waits for its turn.
place() { cp -p "$work/new/$number" "$path.machinist-now" && mv -f "$path.machinist-now" "$path"; }
stage() {
  case $kind in
    pending) mkdir -p "\${path%/*}" && place ;;
    file) (umask 022 && mkdir -p "\${path%/*}") && cp -p "$work/new/$number" "$path.machinist-new" ;;
  esac
}
keep() {
  name=$(printf '%s' "$path" | tr / _)
  if [ -e "$work/old/$name" ] || [ -e "$work/old/$name.absent" ]; then return 0; fi
  if [ ! -e "$path" ]; then : > "$work/old/$name.absent"; return; fi
  cp -p "$path" "$work/old/$name.part" && mv -f "$work/old/$name.part" "$work/old/$name"
}
swap() {
  case $kind in
    file) mv -f "$path.machinist-new" "$path" ;;
    remove) rm -f "$path" ;;
  esac
}
restore() {
  name=$(printf '%s' "$path" | tr / _)
  if [ -e "$work/old/$name" ]; then cp -p "$work/old/$name" "$path.machinist-new" && mv -f "$path.machinist-new" "$path"
  elif [ -e "$work/old/$name.absent" ]; then rm -f "$path"; fi
  rm -f "$path.machinist-new" "$path.machinist-now"
}
put() { if [ "$kind" = "$1" ]; then place; fi; }
drop() { if [ "$kind" = drop ]; then rm -f "$path"; fi; }
service() {
  if [ "$init" = openrc ]; then timeout 120 rc-service docker "$1" 9>&-; return; fi
  if [ "$1" = restart ]; then systemctl daemon-reload; systemctl reset-failed docker.service 2> /dev/null; fi
  timeout 120 systemctl "$1" docker.service 9>&-
}
journal() {
  if [ "$init" = openrc ]; then tail -n 20 /var/log/docker.log; else journalctl -u docker.service -n 20 --no-pager -o cat; fi
}

live_restore() {
  if command -v docker > /dev/null; then docker -H unix:///var/run/docker.sock info -f '{{.LiveRestoreEnabled}}'
  else curl -fsS --unix-socket /var/run/docker.sock http://docker/info | sed -n 's/.*"LiveRestoreEnabled":\\([a-z]*\\).*/\\1/p'; fi 2> /dev/null
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

mkdir -p "$work/old" && each keep && each stage || { each restore; rm -rf "$work/old"; unwritten; }
if ! tell lend "$told"; then each restore; service reload > /dev/null 2>&1; rm -rf "$work"; exit 71; fi
each swap || { each restore; tell undo false > /dev/null 2>&1; each restore; rm -rf "$work/old"; unwritten; }
if [ "$action" = reread ]; then
  [ "$init" = openrc ] || systemctl daemon-reload
elif [ "$action" != none ]; then
  # Asked for only where needed: on Debian it runs a slow script each time.
  if [ "$init" = openrc ]; then [ -e /etc/runlevels/default/docker ] || rc-update -q add docker default
  else [ -e /etc/systemd/system/multi-user.target.wants/docker.service ] || systemctl --quiet enable docker.service; fi > /dev/null 2>&1
  if ! service "$action" >&2; then
    journal >&2
    each restore
    if [ "$told" = true ]; then each put lend; fi
    if service restart > /dev/null 2>&1; then echo machinist-restored; tell undo false > /dev/null 2>&1; fi
    each restore
    rm -rf "$work"
    exit 70
  fi
fi
tell back false
each put final && each drop || unwritten
rm -rf "$work"
`;
