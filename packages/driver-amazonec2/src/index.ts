import type { DriverModule } from "@machinist/core";
import { createDriver } from "./driver.ts";
import { options } from "./options.ts";

const amazonec2: DriverModule = {
  name: "amazonec2",
  description: "Instances of Amazon EC2",
  options,
  credentials: {
    "access-key": { description: "AWS access key id", env: "AWS_ACCESS_KEY_ID" },
    "secret-key": { description: "AWS secret access key", env: "AWS_SECRET_ACCESS_KEY" },
    "session-token": { description: "AWS session token", env: "AWS_SESSION_TOKEN" },
  },
  create: createDriver,
};
export default amazonec2;
