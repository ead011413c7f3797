import { preparePacked } from "../../scripts/setup/packed.mjs";

/** Before end-to-end tests: what they start is what was packed. Fails with a sentence where nothing is built yet. */
export default async (): Promise<void> => void (await preparePacked());
