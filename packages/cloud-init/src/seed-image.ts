import { isoImage } from "./iso9660.ts";

/** What the datasource tells of the machine. cloud-init takes a new `instanceId` for a new machine's first boot. */
export interface SeedMetaData {
  readonly instanceId: string;
  readonly localHostname: string;
  /** Keys for the default user. */
  readonly publicKeys?: readonly string[];
  /** Anything else, by cloud-init's own names. */
  readonly [name: string]: unknown;
}

/** The parts of a NoCloud seed. */
export interface Seed {
  readonly userData: string;
  readonly metaData: SeedMetaData;
  /** Network configuration (version 1 or 2, YAML). Without it: DHCP on the first interface. */
  readonly networkConfig?: string;
}

/**
 * A disc that cloud-init's NoCloud datasource finds by its label `cidata`: ISO 9660 with Joliet. Deterministic. It is as
 * secret as what is in it: write it 0600.
 */
export function seedImage({ userData, metaData, networkConfig }: Seed): Uint8Array {
  const file = (name: string, shortName: string, text: string) => ({ name, shortName, content: Buffer.from(text) });
  return isoImage("cidata", [
    file("meta-data", "META_DAT.;1", metaDataFile(metaData)),
    file("user-data", "USER_DAT.;1", userData),
    ...(networkConfig === undefined ? [] : [file("network-config", "NETWORK_.;1", networkConfig)]),
  ]);
}

/** meta-data as NoCloud reads it. JSON is YAML. */
export function metaDataFile({ instanceId, localHostname, publicKeys, ...more }: SeedMetaData): string {
  const entries = Object.entries({
    "instance-id": instanceId,
    "local-hostname": localHostname,
    "public-keys": publicKeys,
    ...more,
  });
  return entries.map(([name, value]) => (value === undefined ? "" : `${name}: ${JSON.stringify(value)}\n`)).join("");
}
