import { MachinistError } from "@machinist/core";

/** Codes of VirtualBox's own (they stay the same in any language) and the few words that come without one. */
const CAUSES: readonly (readonly [words: RegExp, code: string, sentence: string, hint: string, passes?: true])[] = [
  [
    /VBOX_E_INVALID_OBJECT_STATE|VBOX_E_INVALID_SESSION_STATE|already locked (for|by) a session|is locked for (reading|writing)/,
    "virtualbox.locked",
    "VirtualBox is busy with this machine or its disk",
    "Close its window if it is open in VirtualBox, then run the command again",
    true,
  ],
  [
    // The service ends by itself when nobody needs it, and a call that comes just then meets it half gone.
    /Failed to create the VirtualBox object|NS_ERROR_CALL_FAILED|NS_ERROR_ABORT|NS_ERROR_FACTORY_NOT_REGISTERED|E_ACCESSDENIED|REGDB_E_CLASSNOTREG/,
    "virtualbox.service",
    "VirtualBox's service VBoxSVC did not answer",
    "See whether it works by itself: VBoxManage list vms",
    true,
  ],
  [
    /VERR_DISK_FULL|No space left/,
    "virtualbox.disk-full",
    "There is no space left for the disk",
    "Free some space where the machines and the cache are",
  ],
  [
    /VERR_VM_DRIVER|VERR_SUPDRV|vboxdrv|kernel driver/i,
    "virtualbox.kernel-driver",
    "VirtualBox's kernel driver is not loaded",
    "Load it: sudo /sbin/vboxconfig (Debian: apt-get install virtualbox-dkms), then run the command again",
  ],
  [
    /VERR_(VMX|SVM|NEM)|VT-x|AMD-V/,
    "virtualbox.no-vtx",
    "This computer's processor cannot run virtual machines for VirtualBox",
    "Enable VT-x or AMD-V in its firmware, and switch off other hypervisors (KVM, Hyper-V)",
  ],
];

/** What went wrong, from VBoxManage's own words. */
export function failure(args: readonly string[], output: string): MachinistError {
  const words = errorLine(output);
  const known = CAUSES.find(([pattern]) => pattern.test(output));
  if (known) {
    const [, code, sentence, hint, passes = false] = known;
    return new MachinistError(code, `${sentence}: ${words}`, { hint, retryable: passes });
  }
  return new MachinistError("virtualbox.command", `VBoxManage ${args.slice(0, 2).join(" ")} failed: ${words}`, {
    hint: "VirtualBox's own log says more: VBoxManage showvminfo NAME --log 0",
  });
}

/** The sentence of an answer: progress, headings and usage come on the same stream. */
function errorLine(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const errors = lines.filter((line) => line.startsWith("VBoxManage: error: "));
  const said =
    errors.find((line) => !/error: (Details|Context):/.test(line)) ?? lines.filter((line) => line !== "").at(-1);
  return said?.replace("VBoxManage: error: ", "") ?? "it said nothing";
}

/** Whether the machine, or the file of the medium, that was asked about is not there. */
export const isMissing = (output: string): boolean => /VBOX_E_OBJECT_NOT_FOUND|VERR_(FILE|PATH)_NOT_FOUND/.test(output);
