/** `cluster` is the Swarm's id; `managers` are the machines that answered as its managers when last seen. */
export type ClusterState = {
  cluster: string;
  managers: string[];
  /** The machines that should be its managers when it was last made so; some of them may have been silent. */
  declared?: string[];
  /** Its managers lock themselves. */
  autolock?: boolean;
  /** Its unlock key is the one that is kept; only of one that locks itself. */
  keyKept?: boolean;
  /** Machines that wait for the key. */
  locked?: string[];
};
