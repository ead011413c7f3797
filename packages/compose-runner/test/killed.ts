import type { Host, Hosts } from "@machinist/core";

/** When a program ends: before it sends its request, while that runs on and nobody hears of it, or when it has heard. */
export type Moment = { readonly at: number; readonly how: "before" | "during" | "after" };

export interface Killing {
  readonly moment?: Moment;
  /** Whether a request counts, so that moments are the same however often somebody looks. Told of each. */
  readonly counts: (what: string) => boolean;
}

const gone = (): Error => new Error("killed");

/**
 * Hosts as a program sees them that is killed at a moment: what it has begun over there runs on, and nothing more is ever
 * asked, not even what should be done in any case.
 */
export function killedHosts(hosts: Hosts, { moment, counts }: Killing): Hosts {
  let count = 0;
  let dead = false;
  const through = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (dead) throw gone();
    const here = counts(what) && count++ === moment?.at ? moment.how : undefined;
    dead = here !== undefined;
    if (here === "before") throw gone();
    const going = work();
    if (here === "during") {
      going.catch(() => {});
      throw gone();
    }
    const result = await going;
    if (here === "after") throw gone();
    return result;
  };
  const wrapped = (host: Host): Host => ({
    ...host,
    name: host.name,
    endpoint: host.endpoint,
    run: (argv, options) => through(argv.join(" "), () => host.run(argv, options)),
    script: (script, argv, options) => through(script, () => host.script(script, argv, options)),
    write: (path, content, options) => through(`write ${path}`, () => host.write(path, content, options)),
    upload: (files, into, options) => through(`upload ${into}`, () => host.upload(files, into, options)),
    download: (remote, local, options) => host.download(remote, local, options),
    forward: (target, port) => host.forward(target, port),
    shell: (terminal, argv) => host.shell(terminal, argv),
    // A killed program closes nothing; its connections end with it, and what it began does not.
    close: async () => {
      if (!dead) await host.close();
    },
  });
  return { connect: async (machine, options) => wrapped(await hosts.connect(machine, options)) };
}
