import { openMachinist } from "@machinist/fleet";

const [name = "box", driver = "nspawn"] = process.argv.slice(2);
const machinist = await openMachinist();

const creation = machinist.create([{ name, driver }]);
for await (const event of creation) if (event.type === "resource") console.log(event.id, event.status);
const { ok, failures } = await creation.result;
for (const { id, message, hint = "" } of failures) console.error(`${id}: ${message}. ${hint}`);

if (ok) {
  const engine = await machinist.engine(name);
  const { ServerVersion } = await engine.request("GET", "/info");
  console.log(`Docker ${ServerVersion} answers at ${engine.url}`);
}
const removal = await machinist.remove([name]).result;
await machinist[Symbol.asyncDispose]();
process.exitCode = ok && removal.ok ? 0 : 1;
