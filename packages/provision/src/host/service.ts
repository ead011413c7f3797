import { contradicting, flagsIn } from "../config/dockerd-flags.ts";
import {
  argumentsOf,
  type Environment,
  environmentIn,
  environmentOf,
  execOf,
  execsIn,
  programOf,
  type UnitFile,
} from "../config/exec-line.ts";
import { OPENRC_PATH, withOpenrcBlock } from "../config/openrc.ts";
import { DOCKER_MACHINE_DROP_IN, DROP_IN_PATH, EARLIER_DROP_IN, isDockerMachines } from "../config/systemd-unit.ts";

/** How a host starts dockerd without us, as its service manager says. */
export interface Service {
  /** The ExecStart line that ours is laid over, all drop-ins of others considered; empty where there is none. */
  readonly exec: string;
  /** Its flags, variables put in, by their long names. */
  readonly flags: readonly string[];
  /** Why ours cannot be laid over it, a sentence and what to do about it. */
  readonly problem?: { readonly message: string; readonly hint: string };
}

/** `files`: the unit and its drop-ins in their order. `environment`: what their variables stand for. */
export function systemdService(
  files: readonly UnitFile[],
  environment: Environment,
  { masked, foreign }: { readonly masked: boolean; readonly foreign?: string | undefined },
): Service {
  const theirs = files.filter((file) => !isOurs(file));
  const exec = execOf(theirs) ?? "";
  const service = serviceOf(exec, argumentsOf(exec, environment), "systemctl cat docker");
  const later = theirs.find(({ path, text }) => nameOf(path) > nameOf(DROP_IN_PATH) && execsIn(text).length > 0);
  if (foreign !== undefined) return { ...service, problem: anotherDocker(foreign) };
  if (masked) return { ...service, problem: maskedUnit };
  if (later) return { ...service, problem: laterDropIn(later.path) };
  if (/(^|\/)(ba|da|z|k|a)?sh$/.test(programOf(exec))) return { ...service, problem: byShell(programOf(exec)) };
  return service;
}

/** OpenRC's service starts dockerd with the words of DOCKER_OPTS. */
export function openrcService(settings: string | undefined): Service {
  const environment = environmentIn(withOpenrcBlock(settings, undefined));
  return { ...serviceOf("", argumentsOf("dockerd $DOCKER_OPTS", environment), OPENRC_PATH) };
}

/** The variables of a unit: files win over settings, later ones over earlier ones. */
export const unitEnvironment = (shown: string, files: readonly string[]): Environment =>
  Object.assign({}, environmentOf(shown), ...files.map(environmentIn));

function serviceOf(exec: string, words: readonly string[], where: string): Service {
  const flags = flagsIn(words);
  const contradiction = contradicting(flags);
  return {
    exec,
    flags: [...new Set(flags.map(({ name }) => name))].sort(),
    ...(contradiction === undefined ? {} : { problem: contradicts(contradiction, where) }),
  };
}

const isOurs = ({ path, text }: UnitFile): boolean =>
  path === DROP_IN_PATH || path === EARLIER_DROP_IN || (path === DOCKER_MACHINE_DROP_IN && isDockerMachines(text));

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const contradicts = (flag: string, where: string) => ({
  message: `dockerd on the host is started with ${flag}`,
  hint: `Take that flag out (${where}): the TLS socket is opened by machinist, its port is engine.port, and its settings are in /etc/docker/daemon.json. Nothing was changed.`,
});
const laterDropIn = (path: string) => ({
  message: `${path} on the host sets ExecStart, and is read after machinist's ${nameOf(DROP_IN_PATH)}`,
  hint: `Rename it so that it sorts before ${nameOf(DROP_IN_PATH)}; its flags are kept then. Nothing was changed.`,
});
const byShell = (program: string) => ({
  message: `dockerd on the host is started by ${program}, which takes no flags for it`,
  hint: "Have ExecStart of docker.service begin with dockerd (systemctl cat docker). Nothing was changed.",
});
const anotherDocker = (program: string) => ({
  message: `Docker on the host runs already, as ${program || "a program"} that docker.service did not start`,
  hint: "End that one for good (a snap: snap remove docker), or have docker.service start it. Nothing was changed.",
});
const maskedUnit = {
  message: "docker.service on the host is masked",
  hint: "Allow it to start: systemctl unmask docker.service. Nothing was changed.",
};
