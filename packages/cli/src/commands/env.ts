import { defineCommand, type Examples, withExamples } from "../command.ts";
import { addressOf } from "../each-machine.ts";
import { detectShell, shells } from "../env/shells.ts";
import { connecting, disconnecting, noProxy, shellNames, shellText, type Variables } from "../env/variables.ts";
import { nameOr } from "../names.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly shell?: string;
  readonly unset?: boolean;
  readonly proxy: boolean;
}

const examples: Examples = [
  ['eval "$(machinist env web-1)"', "this shell's docker talks to web-1"],
  ['eval "$(machinist env -u)"', "and no longer"],
  ["machinist env --shell fish web-1 | source", "in fish"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("[name]", "the machine (default: the one called default)")
      .option("--shell <shell>", `one of ${shellNames.join(", ")} (default: yours)`)
      .option("-u, --unset", "point docker at no machine again")
      .option("--no-proxy", "exempt the machine's address from proxies, too")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args, options }) {
    const { io } = session;
    const wanted = options.shell ?? detectShell(io.env, io.platform);
    const shell = Object.hasOwn(shells, wanted) ? shells[wanted] : undefined;
    if (shell === undefined)
      throw usage("value", `There is no shell ${JSON.stringify(wanted)}`, `There are ${shellNames.join(", ")}.`);
    if (options.unset && args.length > 0) throw usage("conflict", "With --unset no machine is named");
    const name = options.unset ? undefined : await nameOr(session, args);
    const variables = name === undefined ? await taken(session, options) : await given(session, name, options);
    if (session.globals.json)
      session.printJson(Object.fromEntries(variables.map(([key, value]) => [key, value ?? null])));
    else io.stdout.write(shellText(shell, variables, typed(session, options, name)));
    return 0;
  },
});

async function given(session: Session, name: string, { proxy }: Options): Promise<Variables> {
  const machinist = await session.machinist();
  const connection = await machinist.connection(name);
  if (proxy) return connecting(connection);
  const address = addressOf({ ...(await machinist.info(name)), url: connection.url });
  return [...connecting(connection), ...noProxy(session.io.env, address ?? "", true)];
}

/** Without --no-proxy only docker's variables go; with it, the active machine's address leaves the list as well. */
async function taken(session: Session, { proxy }: Options): Promise<Variables> {
  if (proxy) return disconnecting;
  const machinist = await session.machinist();
  const active = await machinist.active();
  const address = active === undefined ? undefined : addressOf(await machinist.info(active));
  return [...disconnecting, ...noProxy(session.io.env, address ?? "", false)];
}

/** The command line that prints the same again, for the advice. */
function typed(session: Session, options: Options, name: string | undefined): string {
  const { storagePath } = session.globals;
  const plain = storagePath !== undefined && /^[\w@%+=:,./-]+$/.test(storagePath);
  const words = [
    "machinist",
    ...(plain ? ["-s", storagePath] : []),
    "env",
    ...(options.unset ? ["-u"] : []),
    ...(options.proxy ? [] : ["--no-proxy"]),
    ...(options.shell ? ["--shell", options.shell] : []),
    ...(name === undefined ? [] : [name]),
  ];
  return words.join(" ");
}
