import { type ChildProcess, spawn } from "node:child_process";
import { motoTree } from "./ec2-tree.ts";

export interface Moto {
  readonly url: string;
  stop(): Promise<void>;
}

/** moto's own checks of what a request names; without them it takes any. */
const checks = {
  MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: "1",
  MOTO_ENABLE_KEYPAIR_VALIDATION: "1",
  MOTO_ENABLE_AMI_VALIDATION: "1",
};

/** One server on a free port of 127.0.0.1, with a memory of its own. It dies with this process, however that ends. */
export async function startMoto(): Promise<Moto> {
  const tree = await motoTree();
  const argv = [
    "--pdeathsig",
    "KILL",
    "chroot",
    tree,
    "python3",
    "-u",
    "-m",
    "moto.server",
    "-H",
    "127.0.0.1",
    "-p",
    "0",
  ];
  const env = {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    LANG: "C.UTF-8",
    MOTO_AMIS_PATH: "/amis.json",
    ...checks,
  };
  const child = spawn("setpriv", argv, { stdio: ["ignore", "pipe", "pipe"], env });
  const url = await announced(child);
  child.stdout?.resume();
  child.stderr?.resume();
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once("close", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

function announced(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const late = setTimeout(() => fail(new Error("moto did not start within three minutes")), 180_000);
    const fail = (error: Error) => {
      clearTimeout(late);
      child.kill("SIGKILL");
      reject(new Error(`${error.message}: ${said.slice(-1000)}`));
    };
    const hear = (text: Buffer) => {
      said += text;
      const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (!url) return;
      clearTimeout(late);
      resolve(url);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", fail);
    child.once("close", (code) => fail(new Error(`moto ended with ${code}`)));
  });
}
