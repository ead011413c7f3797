/**
 * Shell for a restart of a manager whose Swarm locks itself: it tells its key as long as it is unlocked, and wants it
 * afterwards. `unlock_key` prints the key, or nothing where none will be needed; `unlock` gives `$key`. Both ask by the
 * socket alone, and the key passes through builtins only.
 */
export const UNLOCK_SCRIPT = `
unlock_key() {
  case $(docker_info) in *'"AutoLockManagers":true'*) ;; *) return ;; esac
  if command -v curl > /dev/null; then
    curl -fsS -m 20 --unix-socket /var/run/docker.sock http://docker/swarm/unlockkey | sed -n 's/.*"UnlockKey":"\\([^"]*\\)".*/\\1/p'
  else docker -H unix:///var/run/docker.sock swarm unlock-key -q; fi 2> /dev/null
}
give_key() {
  if command -v curl > /dev/null; then
    printf '{"UnlockKey":"%s"}' "$key" |
      curl -fsS -m 60 --unix-socket /var/run/docker.sock -H 'Content-Type: application/json' -d @- http://docker/swarm/unlock
  else printf '%s\\n' "$key" | docker -H unix:///var/run/docker.sock swarm unlock; fi > /dev/null 2>&1
}
unlock() {
  tries=0
  while [ "$tries" -lt 100 ]; do
    case $(docker_info) in
      *'"LocalNodeState":"locked"'*) give_key ;;
      *'"LocalNodeState":'*) return 0 ;;
    esac
    tries=$((tries + 1))
    sleep 0.2 2> /dev/null || sleep 1
  done
  return 1
}
`;
