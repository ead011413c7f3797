export { bootSecretPath, newBootSecret, readBootSecret, writeBootSecret } from "./boot-secret.ts";
export { type Seed, type SeedMetaData, seedImage } from "./seed-image.ts";
export { type FirstBoot, userData } from "./user-data.ts";
