export { writeButtonDisk } from "./button-disk.ts";
export { type CloudHost, type CloudHosts, type CloudStart, cloudUnavailable, openCloudHosts } from "./cloud-hosts.ts";
export { digitalOceanFacts, Judge, type OpenApi } from "./digitalocean-judge.ts";
export {
  type DigitalOceanLab,
  type DigitalOceanOptions,
  openDigitalOcean,
  type ServerFaultPlan,
} from "./digitalocean-server.ts";
export {
  type Ec2FaultPlan,
  type Ec2Limits,
  type Ec2Options,
  Ec2Server,
  otherAccountsKey,
  refusedKey,
} from "./ec2-server.ts";
export { ec2Unavailable } from "./ec2-tree.ts";
export type { Execution } from "./execute.ts";
export { type LabHost, type LabHosts, type LabOptions, startHosts, sweep } from "./hosts.ts";
export { leftovers } from "./leftovers.ts";
export { imageCache } from "./run-folder.ts";
export { type StubSshServer, startStubSshServer } from "./stub-ssh-server.ts";
export { unavailable } from "./unavailable.ts";
export { type LabVirtualBox, openVirtualBox, virtualBoxUnavailable } from "./virtualbox.ts";
export { openVps, type VpsLab, type VpsOptions } from "./vps-server.ts";
