export { signatureOf } from "./actions/webhook.ts";
export { faultOf } from "./check.ts";
export { type HookMachine, type Notice, type Payload, payloadVersion } from "./notice.ts";
export { type Pending, pendingIn } from "./outbox.ts";
export { HookSession } from "./session.ts";
export type { RunStatus, SessionRun } from "./session-run.ts";
export type { HookFailure } from "./teller.ts";
export { type Watch, watch } from "./watch.ts";
export type { HookWorld } from "./world.ts";
