import amazonec2 from "@machinist/driver-amazonec2";
import { openMachinist } from "@machinist/fleet";

/** A program of its own, so that its memory is all its own: `up` of 100 machines at the endpoint given, then `down`. */
const [endpoint = "", storagePath = ""] = process.argv.slice(2);
const machinist = await openMachinist({ storagePath, drivers: [amazonec2] });
const options = { endpoint, "ingress-cidr": ["192.0.2.7/32"] };
const machines = Array.from({ length: 100 }, (_, index) => ({
  name: `m${index + 1}`,
  group: "m",
  driver: "amazonec2",
  options,
  engine: false as const,
}));
const spec = { name: "hundred", machines, compose: [], stacks: [], contexts: false };
const made = await machinist.up(spec).result;
const peakMb = process.resourceUsage().maxRSS / 1024;
process.send?.({
  made: { ok: made.ok, changed: made.changed, ms: made.ms, failures: made.failures.slice(0, 3) },
  peakMb,
});
await new Promise((resolve) => process.once("message", resolve));
const again = await machinist.up(spec).result;
process.send?.({ again: { ok: again.ok, changed: again.changed, ms: again.ms } });
await new Promise((resolve) => process.once("message", resolve));
const removed = await machinist.down("hundred").result;
process.send?.({ removed: { ok: removed.ok, ms: removed.ms, failures: removed.failures.slice(0, 3) } });
await machinist[Symbol.asyncDispose]();
process.disconnect?.();
