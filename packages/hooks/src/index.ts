export { signatureOf } from "./actions/webhook.ts";
export { faultOf } from "./check.ts";
export type { HookFailure } from "./dispatcher.ts";
export { type Pending, pendingIn } from "./outbox.ts";
export { type HookMachine, type HookNotification, type HookPayload, payloadVersion } from "./payload.ts";
export { HookSession } from "./session.ts";
export type { RunStatus, SessionRun } from "./session-run.ts";
export { type Watch, watch } from "./watch.ts";
export type { HookWorld } from "./world.ts";
